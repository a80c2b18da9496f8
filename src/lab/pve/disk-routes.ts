import { vmIsOff } from '../world/power.js';
import { storageFigures } from '../world/storage.js';
import type { LabDisk, LabVm, World } from '../world/types.js';
import { configDigest } from '../world/vm.js';
import {
  deleteSnapshot,
  diskIn,
  growDisk,
  newSizeBytes,
  sizeText,
  storageOf,
  takeSnapshot,
} from '../world/vm-disks.js';
import { needPrivilege } from './access.js';
import { guestCall, needQuorum } from './guest-call.js';
import { holdingTask, lockedTask } from './guest-lock.js';
import { died, invalidParameters } from './refusal.js';
import type { Call, Route } from './route.js';

const GUEST = '/nodes/{node}/qemu/{vmid}';
const GIB = 1024 ** 3;
const EXTENT_BYTES = 4 * 1024 ** 2;

function resize(call: Call) {
  const { given, world } = call;
  const vm = guestCall(call);
  needQuorum(call);
  needPrivilege(call, `/vms/${vm.vmId}`, 'VM.Config.Disk');
  const storageName = diskIn(vm, given.disk ?? '')?.storage;
  if (storageName !== undefined) {
    needPrivilege(call, `/storage/${storageName}`, 'Datastore.AllocateSpace');
  }
  if (given.skiplock !== undefined) {
    throw invalidParameters({ skiplock: 'Only root may use this option.' });
  }
  if (newSizeBytes(given.size ?? '', 0) === null) {
    throw invalidParameters({ size: 'value does not match the regex pattern' });
  }
  if (given.digest !== undefined && given.digest !== configDigest(vm)) {
    throw died('checksum mismatch (file change by other user?)');
  }
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  const task = lockedTask(call, vm, 'resize', () =>
    holdingTask(call, vm, {
      type: 'resize',
      objectId: String(vm.vmId),
      user: call.user,
      durationMs: 900,
      finish: (running) => {
        const said = resizeNow(world, vm, given.disk ?? '', given.size ?? '');
        running.log.push(...said.log);
        return said.exitStatus;
      },
    }),
  );
  return { data: task.upid };
}

interface Said {
  readonly exitStatus: string;
  readonly log: readonly string[];
}

const fails = (exitStatus: string): Said => ({ exitStatus, log: [] });

function resizeNow(world: World, vm: LabVm, slot: string, size: string): Said {
  if (String(vm.config[slot] ?? '').includes('media=cdrom')) {
    return fails("you can't resize a cdrom");
  }
  const disk = diskIn(vm, slot);
  if (disk === undefined) return fails(`disk '${slot}' does not exist`);
  const wanted = newSizeBytes(size, disk.sizeBytes) ?? disk.sizeBytes;
  if (wanted < disk.sizeBytes) return fails('shrinking disks is not supported');
  if (wanted === disk.sizeBytes) return { exitStatus: 'OK', log: [] };
  const before = disk.sizeBytes;
  growDisk(world, vm, disk, wanted);
  return { exitStatus: 'OK', log: [...lvmLines(disk, before), ...overcommit(world, vm, disk)] };
}

const extents = (bytes: number): string =>
  `${(bytes / GIB).toFixed(2)} GiB (${bytes / EXTENT_BYTES} extents)`;

const lvmLines = ({ volume, sizeBytes }: LabDisk, before: number): readonly string[] => {
  const name = `pve/${volume.split(':')[1] ?? volume}`;
  return [
    `  Size of logical volume ${name} changed from ${extents(before)} to ${extents(sizeBytes)}.`,
    `  Logical volume ${name} successfully resized.`,
  ];
};

/** LVM promises more than there is, and says so. */
function overcommit(world: World, vm: LabVm, { storage: name }: LabDisk): readonly string[] {
  const storage = storageOf(world, vm, name);
  if (storage === undefined || storage.type !== 'lvmthin') return [];
  const { totalBytes } = storageFigures(world, storage);
  const promised = [...world.vms.values()]
    .filter((each) => each.pveNode === vm.pveNode)
    .flatMap((each) => each.disks)
    .filter((disk) => disk.storage === name)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return promised <= totalBytes
    ? []
    : [
        `  WARNING: Sum of all thin volume sizes (${sizeText(promised)}) exceeds the size of thin pool pve/data (${(totalBytes / GIB).toFixed(2)} GiB).`,
      ];
}

const SNAPSHOT_NAME = /^[A-Za-z][\w-]{1,39}$/;

function snapshotTask(call: Call, vm: LabVm, type: string, name: string, effect: () => void) {
  const task = lockedTask(call, vm, type, () =>
    holdingTask(call, vm, {
      type,
      objectId: String(vm.vmId),
      user: call.user,
      durationMs: 1500,
      log: [`${type === 'qmdelsnapshot' ? 'deleting' : 'using'} snapshot ${name}`],
      finish: () => {
        effect();
        return 'OK';
      },
    }),
  );
  return { data: task.upid };
}

function create(call: Call) {
  const vm = guestCall(call);
  needQuorum(call);
  const name = call.given.snapname ?? '';
  if (!SNAPSHOT_NAME.test(name) || ['current', 'pending'].includes(name)) {
    throw invalidParameters({ snapname: `invalid format - invalid configuration ID '${name}'\n` });
  }
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  if (vm.snapshots.some((snapshot) => snapshot.name === name)) {
    throw died(`snapshot name '${name}' already used`);
  }
  return snapshotTask(call, vm, 'qmsnapshot', name, () =>
    takeSnapshot(call.world, vm, { name, description: call.given.description ?? '' }),
  );
}

/** @throws PveRefusal 500 */
function named(call: Call) {
  const vm = guestCall(call);
  const name = call.path.snapname ?? '';
  const snapshot = vm.snapshots.find((each) => each.name === name);
  if (snapshot === undefined) throw died(`snapshot '${name}' does not exist`);
  needQuorum(call);
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  return { vm, snapshot };
}

/** The guest loses its power. What lies inside its disks is not rewound in this lab. */
function rollback(call: Call) {
  const { vm, snapshot } = named(call);
  return snapshotTask(call, vm, 'qmrollback', snapshot.name, () => {
    if (vm.status === 'running') vmIsOff(call.world, vm);
    const sizes = Object.fromEntries(
      vm.disks.flatMap(({ slot }) => {
        const drive = vm.config[slot];
        return drive === undefined ? [] : [[slot, drive]];
      }),
    );
    vm.config = { ...snapshot.config, ...sizes };
    vm.pending = {};
    vm.parentSnapshot = snapshot.name;
    call.world.touch('pve');
  });
}

function list(call: Call) {
  const vm = guestCall(call);
  const entries = vm.snapshots.map(({ name, description, createdAtMs, parent }) => ({
    name,
    description,
    snaptime: Math.floor(createdAtMs / 1000),
    vmstate: 0,
    ...(parent === null ? {} : { parent }),
  }));
  const current = {
    name: 'current',
    description: 'You are here!',
    digest: configDigest(vm),
    running: vm.status === 'running' ? 1 : 0,
    ...(vm.parentSnapshot === null ? {} : { parent: vm.parentSnapshot }),
  };
  return { data: [current, ...entries] };
}

const SNAPSHOT: Route['privilege'] = ['/vms/{vmid}', 'VM.Snapshot'];

export const DISK_ROUTES: readonly Route[] = [
  {
    method: 'PUT',
    path: `${GUEST}/resize`,
    privilege: ['/vms/{vmid}', 'VM.Config.Disk'],
    parameters: {
      disk: 'string',
      size: 'string',
      'digest?': 'string',
      'skiplock?': 'boolean',
    },
    run: resize,
  },
  {
    method: 'GET',
    path: `${GUEST}/snapshot`,
    privilege: ['/vms/{vmid}', 'VM.Audit'],
    parameters: {},
    run: list,
  },
  {
    method: 'POST',
    path: `${GUEST}/snapshot`,
    privilege: SNAPSHOT,
    parameters: { snapname: 'string', 'vmstate?': 'boolean', 'description?': 'string' },
    run: create,
  },
  {
    method: 'DELETE',
    path: `${GUEST}/snapshot/{snapname}`,
    privilege: SNAPSHOT,
    parameters: { 'force?': 'boolean' },
    run: (call) => {
      const { vm, snapshot } = named(call);
      return snapshotTask(call, vm, 'qmdelsnapshot', snapshot.name, () =>
        deleteSnapshot(call.world, vm, snapshot.name),
      );
    },
  },
  {
    method: 'POST',
    path: `${GUEST}/snapshot/{snapname}/rollback`,
    privilege: ['/vms/{vmid}', 'VM.Snapshot|VM.Snapshot.Rollback'],
    parameters: { 'start?': 'boolean' },
    run: rollback,
  },
];
