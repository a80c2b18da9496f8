import type { LabDisk, LabStorage, LabVm } from '../world/types.js';
import { configDigest, writtenBytesOf } from '../world/vm.js';
import { allocateDisk, destroyDisk, detachDisk, diskIn } from '../world/vm-disks.js';
import { needPrivilege } from './access.js';
import { imagesStorage } from './drives.js';
import { guestCall, needQuorum } from './guest-call.js';
import { holdingTask, lockedTask } from './guest-lock.js';
import { isCdrom } from './hotplug.js';
import { died, PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';

const GUEST = '/nodes/{node}/qemu/{vmid}';
const BYTES_PER_MS = 300_000;

/** qemu-server: API2/Qemu.pm, move_vm_disk. @throws PveRefusal 403, 500 before any task */
function movable(call: Call, vm: LabVm): LabDisk {
  const { given } = call;
  const slot = given.disk ?? '';
  const target = given.storage ?? '';
  needPrivilege(call, `/storage/${target}`, 'Datastore.AllocateSpace');
  needQuorum(call);
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  if (given.digest !== undefined && given.digest !== configDigest(vm)) {
    throw died('checksum mismatch (file change by other user?)');
  }
  if (vm.config[slot] === undefined) throw died(`disk '${slot}' does not exist`);
  if (isCdrom(String(vm.config[slot]))) throw died("you can't move a cdrom");
  const disk = diskIn(vm, slot);
  if (disk === undefined) throw died(`disk '${slot}' has no associated volume`);
  if (disk.storage === target) throw died("you can't move to the same storage with same format");
  if (given.delete === '1' && vm.snapshots.some(({ config }) => holds(config[slot], disk))) {
    throw died("you can't move a disk with snapshots and delete the source");
  }
  return disk;
}

const holds = (drive: unknown, { volume }: LabDisk): boolean =>
  String(drive ?? '').split(',')[0] === volume;

function move(call: Call) {
  const { world, given } = call;
  const vm = guestCall(call);
  const disk = movable(call, vm);
  const task = lockedTask(call, vm, 'qmmove', () =>
    holdingTask(call, vm, {
      type: 'qmmove',
      objectId: String(vm.vmId),
      user: call.user,
      durationMs: Math.ceil(disk.sizeBytes / BYTES_PER_MS),
      finish: (running) => {
        try {
          const storage = imagesStorage({ world, vm }, given.storage ?? '');
          running.log.push(...moveNow(call, vm, disk, storage));
          return 'OK';
        } catch (error) {
          if (!(error instanceof PveRefusal)) throw error;
          return `storage migration failed: ${error.message}`;
        }
      },
    }),
  );
  return { data: task.upid };
}

/** @returns what the task says */
function moveNow(
  { world, given }: Call,
  vm: LabVm,
  disk: LabDisk,
  storage: LabStorage,
): readonly string[] {
  const { slot, volume } = disk;
  const [, ...options] = String(vm.config[slot] ?? '').split(',');
  const written = writtenBytesOf(world, vm, disk);
  detachDisk(vm, slot);
  const copy = allocateDisk(world, vm, slot, storage, disk.sizeBytes);
  copy.writtenBytes = written;
  copy.image = disk.image ?? null;
  vm.config[slot] = [copy.volume, ...options].join(',');
  const said = [`create full clone of drive ${slot} (${volume})`];
  if (given.delete !== '1') return said;
  delete vm.config[disk.slot];
  destroyDisk(vm, disk.slot);
  world.touch('pve');
  return [...said, `  Logical volume "${volume.split(':')[1] ?? volume}" successfully removed.`];
}

/** proxmox.md §10.14. What lvmthin and directories can do: clones need a template's base volume. */
function feature(call: Call) {
  const vm = guestCall(call);
  const isThere = call.given.feature !== 'clone' || vm.isTemplate;
  return { data: { hasFeature: isThere ? 1 : 0, nodes: [vm.pveNode] } };
}

function namedSnapshot(call: Call) {
  const vm = guestCall(call);
  const name = call.path.snapname ?? '';
  const snapshot = vm.snapshots.find((each) => each.name === name);
  if (snapshot === undefined) throw died(`snapshot '${name}' does not exist`);
  return { vm, snapshot };
}

const SNAPSHOT_CONFIG = `${GUEST}/snapshot/{snapname}/config`;

export const DISK_MOVE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: `${GUEST}/move_disk`,
    privilege: ['/vms/{vmid}', 'VM.Config.Disk'],
    parameters: {
      disk: 'string',
      storage: 'string',
      'format?': 'string',
      'delete?': 'boolean',
      'digest?': 'string',
      'bwlimit?': 'integer',
    },
    run: move,
  },
  {
    method: 'GET',
    path: `${GUEST}/feature`,
    privilege: ['/vms/{vmid}', 'VM.Audit'],
    parameters: { feature: 'string', 'snapname?': 'string' },
    run: feature,
  },
  {
    method: 'GET',
    path: SNAPSHOT_CONFIG,
    privilege: ['/vms/{vmid}', 'VM.Snapshot|VM.Snapshot.Rollback|VM.Audit'],
    parameters: {},
    run: (call) => {
      const { snapshot } = namedSnapshot(call);
      const { config, description, createdAtMs, parent } = snapshot;
      return {
        data: {
          ...config,
          snaptime: Math.floor(createdAtMs / 1000),
          ...(description === '' ? {} : { description }),
          ...(parent === null ? {} : { parent }),
        },
      };
    },
  },
  {
    method: 'PUT',
    path: SNAPSHOT_CONFIG,
    privilege: ['/vms/{vmid}', 'VM.Snapshot'],
    parameters: { 'description?': 'string' },
    run: (call) => {
      const { vm, snapshot } = namedSnapshot(call);
      needQuorum(call);
      if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
      const { description = snapshot.description } = call.given;
      vm.snapshots = vm.snapshots.map((each) =>
        each === snapshot ? { ...each, description } : each,
      );
      call.world.touch('pve');
      return { data: null };
    },
  },
];
