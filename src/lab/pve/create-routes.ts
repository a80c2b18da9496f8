import { createMachine, destroyMachine } from '../world/machines.js';
import { startVm } from '../world/power.js';
import { hasPveQuorum } from '../world/pve-hosts.js';
import { startTask } from '../world/pve-tasks.js';
import type { LabVm, World } from '../world/types.js';
import { stoppedVm } from '../world/vm.js';
import { checkKeys, isRoot, needPrivilege } from './access.js';
import { checkBootOrder, GUEST_PARAMETERS, withMac } from './config-update.js';
import { checkValue } from './config-values.js';
import { checkDrive, isDiskSlot, resolveDrive } from './drives.js';
import { guestCall, needQuorum } from './guest-call.js';
import { flockHolder } from './guest-lock.js';
import { hostNamed } from './hosts.js';
import { isCdrom } from './hotplug.js';
import type { Parameters } from './parameters.js';
import { died, invalidParameters, noQuorum, PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';

const OWN = [
  'vmid',
  'storage',
  'pool',
  'start',
  'force',
  'unique',
  'bwlimit',
  'live-restore',
  'import-working-storage',
  'ha-managed',
  'template',
  '_dc',
];
const CREATE_MS = 1200;
const PER_DISK_MS = 500;
const LOWEST_VM_ID = 100;

/** qemu-server's own: what a guest has that nobody asked for. */
const DEFAULTS: Readonly<Record<string, string | number>> = { memory: '512', cores: 1, sockets: 1 };

const NUMBER =
  /^(?:acpi|allow-ksm|autostart|balloon|cores|cpulimit|cpuunits|freeze|kvm|localtime|numa|onboot|protection|reboot|shares|sockets|tablet|tdf|vcpus)$/;

const keysOf = (given: Parameters): readonly string[] =>
  Object.keys(given)
    .filter((key) => !OWN.includes(key))
    .sort();

/** @throws PveRefusal 400, 403, 500 before any task */
function checked(call: Call): LabVm {
  const { world, given } = call;
  const host = hostNamed(call, call.path.node ?? '');
  const vmId = Number(given.vmid);
  if (vmId < LOWEST_VM_ID)
    throw invalidParameters({ vmid: 'value must have a minimum value of 100' });
  needPrivilege(call, `/vms/${vmId}`, 'VM.Allocate');
  const vm = stoppedVm(
    { vmId, pveNode: host.name, config: { ...DEFAULTS }, disks: [] },
    world.clock.monotonicMs(),
  );
  checkKeys(call, vm, given, keysOf(given));
  if (given['ha-managed'] === '1') needPrivilege(call, '/', 'Sys.Console');
  if (given.start === '1') needPrivilege(call, `/vms/${vmId}`, 'VM.PowerMgmt');
  for (const key of keysOf(given)) {
    checkValue(key, given[key] ?? '');
    if (isDiskSlot(key)) checkDrive(drive(call, vm), key, given[key] ?? '');
  }
  if (given.boot !== undefined) checkBootOrder({}, given);
  if (!hasPveQuorum(world, host)) throw noQuorum();
  const other = world.vms.get(vmId);
  if (other !== undefined) {
    throw died(
      `unable to create VM ${vmId} - VM ${vmId} already exists on node '${other.pveNode}'`,
    );
  }
  return vm;
}

const drive = ({ world, given }: Call, vm: LabVm) => ({
  world,
  vm,
  ...(given.storage === undefined ? {} : { defaultStorage: given.storage }),
});

function create(call: Call) {
  const { world, user, given } = call;
  const vm = checked(call);
  vm.lock = 'create';
  world.vms.set(vm.vmId, vm);
  world.touch('pve');
  const disks = keysOf(given).filter(isDiskSlot).length;
  const task = startTask(world, {
    pveNode: vm.pveNode,
    type: 'qmcreate',
    objectId: String(vm.vmId),
    user,
    durationMs: CREATE_MS + disks * PER_DISK_MS,
    finish: (running) => {
      try {
        fill(call, vm);
      } catch (error) {
        if (!(error instanceof PveRefusal)) throw error;
        // What was allocated is removed again, and the file too.
        world.vms.delete(vm.vmId);
        world.touch('pve');
        return `unable to create VM ${vm.vmId} - ${error.message}`;
      }
      running.log.push(
        ...vm.disks.map(({ slot, volume }) => `${slot}: successfully created disk '${volume}'`),
      );
      vm.lock = null;
      if (given['ha-managed'] === '1') vm.haState = 'started';
      createMachine(world, vm);
      if (given.start === '1') startVm(world, vm, user);
      world.touch('pve');
      return 'OK';
    },
  });
  return { data: task.upid };
}

/** Disks are made in the order of their keys. */
function fill(call: Call, vm: LabVm): void {
  const { world, given } = call;
  for (const key of keysOf(given)) {
    const text = given[key] ?? '';
    if (isDiskSlot(key)) vm.config[key] = resolveDrive(drive(call, vm), key, text);
    else vm.config[key] = NUMBER.test(key) ? Number(text) : withMac(world, key, text);
  }
  vm.config.smbios1 ??= `uuid=${world.random.uuid()}`;
  vm.config.vmgenid ??= world.random.uuid();
  const createdAt = Math.floor(world.clock.now() / 1000);
  vm.config.meta = `creation-qemu=10.1.2,ctime=${createdAt}`;
  vm.config.boot ??= defaultOrder(vm);
}

/** proxmox.md §10.3: the first disk, then the first drive, then the network. */
function defaultOrder({ config }: LabVm): string {
  const slots = Object.keys(config).sort();
  const disk = slots.find(
    (key) => /^(?:ide|sata|scsi|virtio)\d+$/.test(key) && !isCdrom(config[key]),
  );
  const cdrom = slots.find((key) => isCdrom(config[key]));
  const net = slots.find((key) => /^net\d+$/.test(key));
  const order = [disk, cdrom, net].filter((each) => each !== undefined);
  return `order=${order.join(';')}`;
}

const DESTROY_MS = 1500;

/** @throws PveRefusal 500 before any task */
function checkDestroy({ given, user, world }: Call, vm: LabVm): void {
  if (given.skiplock !== undefined && !isRoot({ user, world })) {
    throw invalidParameters({ skiplock: 'Only root may use this option.' });
  }
  if (vm.config.protection === 1) {
    throw died(`can't remove VM ${vm.vmId} - protection mode enabled`);
  }
  if (vm.haState !== null && given.purge !== '1') {
    throw died(
      `unable to remove VM ${vm.vmId} - used in HA resources and purge parameter not set.`,
    );
  }
  if (vm.lock !== null && given.skiplock !== '1') throw died(`VM is locked (${vm.lock})`);
  if (vm.status === 'running') throw died(`VM ${vm.vmId} is running - destroy failed`);
  const base = vm.isTemplate ? linkedTo(world, vm) : undefined;
  if (base !== undefined) throw died(`base volume '${base}' is still in use by linked cloned`);
}

const linkedTo = (world: World, vm: LabVm): string | undefined =>
  vm.disks.find(({ volume }) =>
    [...world.vms.values()].some(
      (other) => other !== vm && other.disks.some((disk) => disk.base === volume),
    ),
  )?.volume;

function destroy(call: Call) {
  const { world, user, given } = call;
  const vm = guestCall(call);
  needQuorum(call);
  checkDestroy(call, vm);
  const task = startTask(world, {
    type: 'qmdestroy',
    objectId: String(vm.vmId),
    user,
    durationMs: DESTROY_MS,
    finish: () => {
      if (flockHolder(world, vm) !== undefined) {
        return `can't lock file '/var/lock/qemu-server/lock-${vm.vmId}.conf' - got timeout`;
      }
      if (vm.status === 'running') return `VM ${vm.vmId} is running - destroy failed`;
      destroyMachine(world, vm.vmId);
      world.vms.delete(vm.vmId);
      if (given['destroy-unreferenced-disks'] === '1') dropLeftOvers(world, vm);
      world.touch('pve');
      return 'OK';
    },
  });
  return { data: task.upid };
}

/** Volumes that carry the guest's number and are in nobody's file. */
function dropLeftOvers(world: World, { vmId }: LabVm): void {
  const own = new RegExp(`:(?:${vmId}/)?(?:vm|base)-${vmId}-disk-`);
  for (const storage of world.storages) {
    storage.files = storage.files.filter(
      ({ volid, content }) => content !== 'images' || !own.test(volid),
    );
  }
}

export const CREATE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/qemu',
    privilege: null,
    parameters: {
      vmid: 'integer',
      'storage?': 'string',
      'pool?': 'string',
      'start?': 'boolean',
      'force?': 'boolean',
      'unique?': 'boolean',
      'bwlimit?': 'integer',
      'live-restore?': 'boolean',
      'import-working-storage?': 'string',
      'ha-managed?': 'boolean',
      'template?': 'boolean',
      ...GUEST_PARAMETERS,
    },
    run: create,
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/qemu/{vmid}',
    privilege: ['/vms/{vmid}', 'VM.Allocate'],
    parameters: {
      'purge?': 'boolean',
      'destroy-unreferenced-disks?': 'boolean',
      'skiplock?': 'boolean',
    },
    run: destroy,
  },
];
