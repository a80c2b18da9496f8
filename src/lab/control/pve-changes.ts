import { hostDown, hostUp, setLinked } from '../world/pve-hosts.js';
import { endTask, startTask } from '../world/pve-tasks.js';
import type { LabPveHost, World } from '../world/types.js';
import { vmOf } from '../world/vm.js';
import { diskIn, growDisk } from '../world/vm-disks.js';
import type { Change } from './change.js';
import { LabUsageError } from './usage-error.js';

/** The host that the clients of this lab speak to stays, so that they can see what is lost. */
function othersThan(world: World): readonly LabPveHost[] {
  const others = [...world.pveHosts.values()].filter(({ name }) => name !== world.facts.pveNode);
  if (others.length > 0) return others;
  throw new LabUsageError(
    'This lab has one Proxmox node, and one node always has its quorum.',
    'Start a lab with several, for example --scenario 3+2@3.',
  );
}

const quorum = (id: string, isLinked: boolean, help: string, said: string): Change => ({
  id,
  args: '',
  help,
  run: ({ world }, args) => {
    args.end();
    for (const host of othersThan(world)) setLinked(world, host, isLinked);
    return said;
  },
});

const hosts: readonly Change[] = [
  {
    id: 'pve-node-down',
    args: 'PVENODE [off|hung]',
    help: 'a Proxmox node loses its power (default) or hangs, with every guest on it',
    run: ({ world }, args) => {
      const host = args.pveHost(world);
      const how = args.isEmpty() ? 'off' : args.choice('way', ['off', 'hung'] as const);
      args.end();
      if (!host.isOnline) return `${host.name} is down already.`;
      hostDown(world, host, how);
      return how === 'off' ? `${host.name} lost its power.` : `${host.name} hangs.`;
    },
  },
  {
    id: 'pve-node-up',
    args: 'PVENODE',
    help: 'undoes pve-node-down; after a power loss the node boots and starts its guests',
    run: ({ world }, args) => {
      const host = args.pveHost(world);
      args.end();
      if (host.isOnline) return `${host.name} is up already.`;
      const wasHung = host.isHung;
      hostUp(world, host);
      return wasHung ? `${host.name} goes on.` : `${host.name} boots.`;
    },
  },
  quorum(
    'pve-quorum-lost',
    false,
    "cuts corosync's network: every Proxmox node is alone, guests run on, nothing can be written",
    'The Proxmox cluster has no quorum.',
  ),
  quorum(
    'pve-quorum-back',
    true,
    'undoes pve-quorum-lost',
    'The Proxmox nodes see each other again.',
  ),
];

const LOCKS = [
  'backup',
  'clone',
  'create',
  'migrate',
  'rollback',
  'snapshot',
  'suspended',
] as const;
const GIB = 1024 ** 3;
const HOUR_MS = 3_600_000;

const locks: readonly Change[] = [
  {
    id: 'lock-vm',
    args: 'VMID [REASON]',
    help: `leaves a lock in a guest's configuration: ${LOCKS.join(', ')}`,
    run: ({ world }, args) => {
      const vm = args.vm(world);
      vm.lock = args.isEmpty() ? 'backup' : args.choice('lock', LOCKS);
      args.end();
      world.touch('pve');
      return `VM ${vm.vmId} is locked (${vm.lock}).`;
    },
  },
  {
    id: 'unlock-vm',
    args: 'VMID',
    help: 'what `qm unlock` as root on the host does',
    run: ({ world }, args) => {
      const vm = args.vm(world);
      args.end();
      vm.lock = null;
      world.touch('pve');
      return `VM ${vm.vmId} has no lock.`;
    },
  },
  {
    id: 'hold-flock',
    args: 'VMID',
    help: "a shutdown that never ends keeps a guest's lock file: other calls fail after ten seconds",
    run: ({ world }, args) => {
      const vm = args.vm(world);
      args.end();
      const task = startTask(world, {
        type: 'qmshutdown',
        objectId: String(vm.vmId),
        user: 'root@pam',
        durationMs: 24 * HOUR_MS,
        finish: () => 'VM quit/powerdown failed - got timeout',
      });
      vm.flockedBy = task.upid;
      return `${task.upid} holds the lock of VM ${vm.vmId}.`;
    },
  },
  {
    id: 'hold-task',
    args: 'VMID TYPE [SECONDS]',
    help: 'a task of a guest that runs for so long (an hour): vzdump, qmigrate, qmclone …',
    run: ({ world }, args) => {
      const vm = args.vm(world);
      const type = args.choice('type', ['vzdump', 'qmigrate', 'qmclone', 'qmsnapshot'] as const);
      const seconds = args.isEmpty() ? HOUR_MS / 1000 : args.number('SECONDS', 1, 86_400);
      args.end();
      const task = startTask(world, {
        type,
        objectId: String(vm.vmId),
        user: 'root@pam',
        durationMs: seconds * 1000,
        finish: () => {
          vm.lock = null;
          world.touch('pve');
          return 'OK';
        },
      });
      return `${task.upid} runs.`;
    },
  },
  {
    id: 'release-flock',
    args: 'VMID',
    help: 'ends the task of hold-flock',
    run: ({ world }, args) => {
      const vm = args.vm(world);
      args.end();
      const task = world.pveTasks.find(({ upid }) => upid === vm.flockedBy);
      if (task === undefined || task.endedAtMs !== null) return 'Nobody holds the lock.';
      endTask(world, task, 'received interrupt');
      return `The lock of VM ${vm.vmId} is free.`;
    },
  },
];

const guests: readonly Change[] = [
  {
    id: 'grow-disk',
    args: 'NODE GIB',
    help: "makes a node's system disk GIB larger, as `qm resize` does",
    run: ({ world }, args) => {
      const node = args.node(world);
      const more = args.number('GIB', 1, 10_000);
      args.end();
      const vm = vmOf(world, node);
      const disk = vm === undefined ? undefined : diskIn(vm, 'scsi0');
      if (vm === undefined || disk === undefined) {
        throw new LabUsageError(`${node.hostname} has no disk scsi0.`, 'Name another node.');
      }
      growDisk(world, vm, disk, disk.sizeBytes + more * GIB);
      return `scsi0 of VM ${vm.vmId} has ${disk.sizeBytes / GIB} GiB.`;
    },
  },
  {
    id: 'set-vm',
    args: 'VMID KEY VALUE',
    help: "writes a line of a guest's configuration as if it had always been there",
    run: ({ world }, args) => {
      const vm = args.vm(world);
      const key = args.word('KEY');
      const value = args.word('VALUE');
      args.end();
      vm.config[key] = /^\d+$/.test(value) && key !== 'memory' ? Number(value) : value;
      world.touch('pve');
      return `VM ${vm.vmId} has ${key}: ${value}.`;
    },
  },
  {
    id: 'short-downloads',
    args: 'COUNT',
    help: 'the next COUNT downloads end well and leave a page of nine bytes instead of an image',
    run: ({ world }, args) => {
      const count = args.number('COUNT', 0, 1000);
      args.end();
      world.faults.shortDownloads = count;
      return `The next ${count} downloads bring nothing that boots.`;
    },
  },
  {
    id: 'slow-tasks',
    args: 'SECONDS [PVENODE]',
    help: 'every task of a Proxmox node (all by default) takes so much longer',
    run: ({ world }, args) => {
      const seconds = args.number('SECONDS', 0, 86_400);
      const wanted = args.isEmpty() ? [...world.pveHosts.values()] : [args.pveHost(world)];
      args.end();
      for (const host of wanted) host.taskDelayMs = seconds * 1000;
      return `Tasks take ${seconds} s longer on ${wanted.map(({ name }) => name).join(', ')}.`;
    },
  },
];

export const pveChanges: readonly Change[] = [...hosts, ...locks, ...guests];
