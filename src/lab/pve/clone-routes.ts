import { createMachine } from '../world/machines.js';
import { startTask } from '../world/pve-tasks.js';
import type { LabDisk, LabStorage, LabVm, World } from '../world/types.js';
import { mergedConfig, stoppedVm, writtenBytesOf } from '../world/vm.js';
import { allocateDisk, storageOf } from '../world/vm-disks.js';
import { needPrivilege } from './access.js';
import { checkValue } from './config-values.js';
import { guestCall, needQuorum } from './guest-call.js';
import { holdingTask, lockedTask } from './guest-lock.js';
import { hostNamed } from './hosts.js';
import { died, invalidParameters } from './refusal.js';
import type { Call, Route } from './route.js';

const BYTES_PER_MS = 300_000;
const LINK_MS = 1500;

interface Clone {
  readonly source: LabVm;
  readonly copy: LabVm;
  readonly storage: LabStorage | null;
  readonly isLinked: boolean;
}

/** @throws PveRefusal 400, 403, 500 before any task */
function checked(call: Call): Clone {
  const { world, given } = call;
  const source = guestCall(call);
  const newId = Number(given.newid);
  needPrivilege(call, `/vms/${newId}`, 'VM.Allocate');
  needQuorum(call);
  if (source.lock !== null) throw died(`VM is locked (${source.lock})`);
  if (given.name !== undefined) checkValue('name', given.name);
  const isLinked = source.isTemplate && given.full !== '1';
  if (isLinked && given.storage !== undefined) {
    throw invalidParameters({ storage: "parameter 'storage' not allowed for linked clones" });
  }
  if (given.full === '0' && !source.isTemplate && given.snapname === undefined) {
    const [drive] = source.disks.map(({ slot }) => slot).toSorted();
    throw died(`Linked clone feature is not supported for drive '${drive ?? ''}'`);
  }
  if (
    given.snapname !== undefined &&
    !source.snapshots.some(({ name }) => name === given.snapname)
  ) {
    throw died(`snapshot '${given.snapname}' does not exist`);
  }
  const target = hostNamed(call, given.target ?? source.pveNode);
  if (target.name !== source.pveNode) {
    throw died(`can't clone to non-shared storage '${storageNames(source)[0] ?? ''}'`);
  }
  const storage = given.storage === undefined ? null : storageOf(world, source, given.storage);
  if (storage === undefined) throw died(`storage '${given.storage}' does not exist`);
  for (const name of storage === null ? storageNames(source) : [storage.name]) {
    needPrivilege(call, `/storage/${name}`, 'Datastore.AllocateSpace');
  }
  if (world.vms.has(newId)) {
    throw died(`unable to create VM ${newId}: config file already exists`);
  }
  const copy = stoppedVm(
    { vmId: newId, pveNode: target.name, config: {}, disks: [] },
    world.clock.monotonicMs(),
  );
  return { source, copy, storage, isLinked };
}

const storageNames = (vm: LabVm): readonly string[] => [
  ...new Set(vm.disks.map(({ storage }) => storage)),
];

function clone(call: Call) {
  const { world, user, given } = call;
  const order = checked(call);
  const { source, copy, isLinked } = order;
  copy.lock = 'clone';
  world.vms.set(copy.vmId, copy);
  world.touch('pve');
  const bytes = source.disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
  const task = startTask(world, {
    type: 'qmclone',
    objectId: String(source.vmId),
    user,
    durationMs: isLinked ? LINK_MS : Math.ceil(bytes / BYTES_PER_MS),
    finish: (running) => {
      for (const disk of source.disks.filter(({ slot }) => !slot.startsWith('unused'))) {
        const made = copyDisk(world, order, disk);
        running.log.push(
          isLinked
            ? `create linked clone of drive ${disk.slot} (${disk.volume})`
            : `create full clone of drive ${disk.slot} (${disk.volume}) as ${made.volume}`,
        );
      }
      describe(world, order, given);
      copy.lock = null;
      createMachine(world, copy);
      world.touch('pve');
      return 'OK';
    },
  });
  return { data: task.upid };
}

function copyDisk(
  world: World,
  { source, copy, storage, isLinked }: Clone,
  disk: LabDisk,
): LabDisk {
  const target = storage ?? storageOf(world, source, disk.storage);
  if (target === undefined) throw died(`storage '${disk.storage}' does not exist`);
  const made = allocateDisk(world, copy, disk.slot, target, disk.sizeBytes);
  made.writtenBytes = isLinked ? 0 : writtenBytesOf(world, source, disk);
  made.base = isLinked ? disk.volume : null;
  made.image = disk.image ?? null;
  const [, ...options] = String(source.config[disk.slot] ?? '').split(',');
  copy.config[disk.slot] = [made.volume, ...options].join(',');
  return made;
}

/** Everything but the disks, with MACs and ids of its own. */
function describe(world: World, { source, copy }: Clone, given: Call['given']): void {
  const before = mergedConfig(source);
  for (const [key, value] of Object.entries(before)) {
    if (copy.config[key] !== undefined || /^(?:unused\d+|template|protection|parent)$/.test(key))
      continue;
    copy.config[key] = /^net\d+$/.test(key) ? freshMac(world, String(value)) : value;
  }
  copy.config.name = given.name ?? `Copy-of-VM-${before.name ?? source.vmId}`;
  if (given.description !== undefined) copy.config.description = given.description;
  copy.config.smbios1 = `uuid=${world.random.uuid()}`;
  copy.config.vmgenid = world.random.uuid();
}

function freshMac(world: World, text: string): string {
  const tail = [0, 1, 2].map(() => world.random.hex(2).toUpperCase()).join(':');
  return text.replace(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/i, `BC:24:11:${tail}`);
}

/** There is no way back. */
function template(call: Call) {
  const { world } = call;
  const vm = guestCall(call);
  needQuorum(call);
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  if (vm.snapshots.length > 0) {
    throw died(`unable to create template, because VM contains snapshots`);
  }
  if (vm.isTemplate && call.given.disk === undefined) {
    throw died("you can't convert a template to a template");
  }
  if (vm.status === 'running') throw died("you can't convert a VM to template if VM is running");
  const task = lockedTask(call, vm, 'qmtemplate', () =>
    holdingTask(call, vm, {
      type: 'qmtemplate',
      objectId: String(vm.vmId),
      user: call.user,
      durationMs: 900,
      finish: () => {
        vm.isTemplate = true;
        vm.config.template = 1;
        for (const disk of vm.disks) {
          const volume = disk.volume.replace(`vm-${vm.vmId}-`, `base-${vm.vmId}-`);
          const text = String(vm.config[disk.slot] ?? '');
          vm.config[disk.slot] = text.replace(disk.volume, volume);
          disk.volume = volume;
        }
        world.touch('pve');
        return 'OK';
      },
    }),
  );
  return { data: task.upid };
}

export const CLONE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/clone',
    privilege: ['/vms/{vmid}', 'VM.Clone'],
    parameters: {
      newid: 'integer',
      'name?': 'string',
      'full?': 'boolean',
      'storage?': 'string',
      'format?': 'string',
      'target?': 'string',
      'pool?': 'string',
      'snapname?': 'string',
      'description?': 'string',
      'bwlimit?': 'integer',
    },
    run: clone,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/template',
    privilege: ['/vms/{vmid}', 'VM.Allocate'],
    parameters: { 'disk?': 'string' },
    run: template,
  },
];
