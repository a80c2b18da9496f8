import { startTask } from '../world/pve-tasks.js';
import { storageFigures } from '../world/storage.js';
import type { LabStorage, LabVm, World } from '../world/types.js';
import { writtenBytesOf } from '../world/vm.js';
import { needPrivilege } from './access.js';
import { guestOn } from './guests.js';
import { hostNamed } from './hosts.js';
import { died } from './refusal.js';
import type { Call, Route } from './route.js';
import { storageNamed } from './storages.js';

/** Reading a small host's disks and compressing them. */
const BYTES_PER_MS = 120_000;
const COMPRESSED_RATIO = 0.4;

const pad = (value: number): string => String(value).padStart(2, '0');

/** `vzdump-qemu-104-2026_11_20-10_00_00.vma.zst` */
function fileName(world: World, vm: LabVm): string {
  const at = new Date(world.clock.now());
  const day = `${at.getUTCFullYear()}_${pad(at.getUTCMonth() + 1)}_${pad(at.getUTCDate())}`;
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(pad).join('_');
  return `vzdump-qemu-${vm.vmId}-${day}-${time}.vma.zst`;
}

/** The guest runs on and is locked; who wants to change it waits for the end. */
function backup(call: Call) {
  const { world, user, given } = call;
  const host = hostNamed(call, call.path.node ?? '');
  const vm = guestOn(world, host.name, given.vmid ?? '');
  needPrivilege(call, `/vms/${vm.vmId}`, 'VM.Backup');
  const storage = storageNamed(world, host.name, given.storage ?? 'local');
  needPrivilege(call, `/storage/${storage.name}`, 'Datastore.AllocateSpace');
  if (!storage.content.split(',').includes('backup')) {
    throw died(`storage '${storage.name}' does not support backups`);
  }
  const written = vm.disks.reduce((sum, disk) => sum + writtenBytesOf(world, vm, disk), 0);
  const sizeBytes = Math.ceil(written * COMPRESSED_RATIO);
  const name = fileName(world, vm);
  const isLocked = vm.lock !== null;
  if (!isLocked) vm.lock = 'backup';
  world.touch('pve');
  const task = startTask(world, {
    type: 'vzdump',
    objectId: String(vm.vmId),
    user,
    durationMs: Math.ceil(written / BYTES_PER_MS),
    log: [
      `INFO: starting new backup job: vzdump ${vm.vmId} --storage ${storage.name} --mode ${given.mode ?? 'snapshot'}`,
      `INFO: Starting Backup of VM ${vm.vmId} (qemu)`,
      ...(isLocked ? [`ERROR: Backup of VM ${vm.vmId} failed - VM is locked (${vm.lock})`] : []),
    ],
    finish: () => {
      if (isLocked) return 'job errors';
      vm.lock = null;
      world.touch('pve');
      return keep(world, storage, name, sizeBytes);
    },
  });
  return { data: task.upid };
}

function keep(world: World, storage: LabStorage, name: string, sizeBytes: number): string {
  if (storageFigures(world, storage).availableBytes < sizeBytes) return 'job errors';
  storage.files.push({
    volid: `${storage.name}:backup/${name}`,
    format: 'vma.zst',
    sizeBytes,
    content: 'backup',
    createdAtMs: world.clock.now(),
  });
  return 'OK';
}

export const BACKUP_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/vzdump',
    privilege: null,
    parameters: {
      vmid: 'integer',
      'storage?': 'string',
      'mode?': 'string',
      'compress?': 'string',
      'notes-template?': 'string',
      'protected?': 'boolean',
      'remove?': 'boolean',
      'prune-backups?': 'string',
    },
    run: backup,
  },
];
