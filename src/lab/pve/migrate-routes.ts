import { hasPveQuorum } from '../world/pve-hosts.js';
import { startTask } from '../world/pve-tasks.js';
import type { LabDisk, LabPveHost, LabStorage, LabVm, World } from '../world/types.js';
import { writtenBytesOf } from '../world/vm.js';
import { volumeOwner } from '../world/vm-disks.js';
import { guestCall, needQuorum } from './guest-call.js';
import { hostNamed } from './hosts.js';
import { isCdrom } from './hotplug.js';
import { died, invalidParameters } from './refusal.js';
import type { Call, Route } from './route.js';

const BYTES_PER_MS = 100_000;
const CONFIG_MS = 2000;

const storageOn = (world: World, host: LabPveHost, name: string): LabStorage | undefined =>
  world.storages.find((storage) => storage.name === name && storage.pveNode === host.name);

const missingOn = (world: World, host: LabPveHost, vm: LabVm): readonly string[] => [
  ...new Set(
    vm.disks
      .map(({ storage }) => storage)
      .filter((name) => storageOn(world, host, name) === undefined),
  ),
];

/** A medium on a storage of this host alone: nothing moves until it is out. */
function localMedium(vm: LabVm): { readonly slot: string; readonly volid: string } | null {
  const slot = Object.keys(vm.config).find(
    (key) => isCdrom(vm.config[key]) && !/^(?:none|cdrom)/.test(String(vm.config[key])),
  );
  if (slot === undefined) return null;
  return { slot, volid: String(vm.config[slot]).split(',')[0] ?? '' };
}

function preview(call: Call) {
  const { world } = call;
  const vm = guestCall(call);
  const others = [...world.pveHosts.values()].filter(({ name }) => name !== vm.pveNode);
  const reachable = others.filter(({ isOnline }) => isOnline);
  const medium = localMedium(vm);
  const refused = reachable.filter((host) => missingOn(world, host, vm).length > 0);
  return {
    data: {
      running: vm.status === 'running' ? 1 : 0,
      allowed_nodes: reachable.filter((host) => !refused.includes(host)).map(({ name }) => name),
      not_allowed_nodes: Object.fromEntries(
        refused.map((host) => [host.name, { unavailable_storages: missingOn(world, host, vm) }]),
      ),
      local_disks: [
        ...vm.disks.map(({ slot, volume, sizeBytes }) => ({
          volid: volume,
          drivename: slot,
          size: sizeBytes,
          cdrom: 0,
          is_unused: slot.startsWith('unused') ? 1 : 0,
        })),
        ...(medium === null ? [] : [{ volid: medium.volid, drivename: medium.slot, cdrom: 1 }]),
      ],
      local_resources: [],
      'mapped-resources': [],
    },
  };
}

interface Migration {
  readonly vm: LabVm;
  readonly target: LabPveHost;
}

/** @throws PveRefusal 400, 500 before any task */
function checked(call: Call): Migration {
  const { world, given } = call;
  const vm = guestCall(call);
  needQuorum(call);
  if (given.force !== undefined && call.user !== 'root@pam') {
    throw invalidParameters({ force: 'Only root may use this option.' });
  }
  const name = given.target ?? '';
  if (name === vm.pveNode) throw invalidParameters({ target: 'target is local node.' });
  if (!world.pveHosts.has(name)) throw died(`no such cluster node '${name}'`);
  const target = hostNamed(call, name);
  if (!hasPveQuorum(world, target)) throw died(`node '${name}' is offline`);
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  if (vm.status === 'running' && given.online !== '1') {
    throw died("can't migrate running VM without --online");
  }
  return { vm, target };
}

/** Why it cannot go, in the words of the task; null = it can. */
function obstacle(world: World, call: Call, { vm, target }: Migration): readonly string[] | null {
  const medium = localMedium(vm);
  if (medium !== null) {
    return [`can't migrate local cdrom drive '${medium.slot}'`, 'local cdrom image'];
  }
  const storage = call.given.targetstorage;
  const missing = storage === undefined || storage === '1' ? missingOn(world, target, vm) : [];
  if (missing.length > 0)
    return [`storage '${missing[0]}' is not available on node '${target.name}'`];
  if (storage !== undefined && storage !== '1' && storageOn(world, target, storage) === undefined) {
    return [`storage '${storage}' is not available on node '${target.name}'`];
  }
  if (vm.status === 'running' && vm.disks.length > 0 && call.given['with-local-disks'] !== '1') {
    return [`can't live migrate attached local disks without with-local-disks option`];
  }
  if (vm.status === 'running' && vm.disks.some(({ slot }) => slot.startsWith('tpmstate'))) {
    return ["can't live migrate attached local TPM state"];
  }
  return vm.snapshots.length > 0 ? ['non-migratable snapshot exists'] : null;
}

function migrate(call: Call) {
  const { world, user } = call;
  const order = checked(call);
  const { vm, target } = order;
  const written = vm.disks.reduce((sum, disk) => sum + writtenBytesOf(world, vm, disk), 0);
  const problem = obstacle(world, call, order);
  if (problem === null) vm.lock = 'migrate';
  world.touch('pve');
  const task = startTask(world, {
    pveNode: vm.pveNode,
    type: 'qmigrate',
    objectId: String(vm.vmId),
    user,
    durationMs: problem === null ? CONFIG_MS + Math.ceil(written / BYTES_PER_MS) : CONFIG_MS,
    log: [
      `starting migration of VM ${vm.vmId} to node '${target.name}' (${target.address})`,
      ...(problem ?? []).map((text) => `ERROR: ${text}`),
    ],
    finish: (running) => {
      if (problem !== null) return `migration aborted`;
      vm.lock = null;
      if (!target.isOnline) return `migration aborted`;
      for (const disk of vm.disks) moveDisk(world, call, order, disk);
      vm.pveNode = target.name;
      running.log.push('migration finished successfully');
      world.touch('pve');
      return 'OK';
    },
  });
  return { data: task.upid };
}

function moveDisk(world: World, call: Call, { vm }: Migration, disk: LabDisk): void {
  const { targetstorage } = call.given;
  if (targetstorage === undefined || targetstorage === '1' || targetstorage === disk.storage)
    return;
  const before = disk.volume;
  let number = 0;
  const name = (k: number): string => `${targetstorage}:vm-${vm.vmId}-disk-${k}`;
  while (volumeOwner(world, name(number)) !== null) number += 1;
  disk.volume = name(number);
  disk.storage = targetstorage;
  vm.config[disk.slot] = String(vm.config[disk.slot] ?? '').replace(before, disk.volume);
}

const PATH = '/nodes/{node}/qemu/{vmid}/migrate';

export const MIGRATE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: PATH,
    privilege: ['/vms/{vmid}', 'VM.Migrate'],
    parameters: { 'target?': 'string' },
    run: preview,
  },
  {
    method: 'POST',
    path: PATH,
    privilege: ['/vms/{vmid}', 'VM.Migrate'],
    parameters: {
      target: 'string',
      'online?': 'boolean',
      'force?': 'boolean',
      'with-local-disks?': 'boolean',
      'targetstorage?': 'string',
      'bwlimit?': 'integer',
      'migration_type?': 'string',
      'migration_network?': 'string',
      'with-conntrack-state?': 'boolean',
    },
    run: migrate,
  },
];
