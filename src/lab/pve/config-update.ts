import type { LabVm, World } from '../world/types.js';
import { configDigest, mergedConfig } from '../world/vm.js';
import { destroyDisk, detachDisk, diskIn } from '../world/vm-disks.js';
import { isRoot } from './access.js';
import { checkValue } from './config-values.js';
import { checkDrive, isDiskSlot, resolveDrive } from './drives.js';
import { appliesNow, deletesNow, isCdrom } from './hotplug.js';
import type { Parameters, ParameterTypes } from './parameters.js';
import { died, invalidParameters } from './refusal.js';
import type { Call } from './route.js';

const NUMBERS = [
  'acpi',
  'allow-ksm',
  'autostart',
  'balloon',
  'cores',
  'cpulimit',
  'cpuunits',
  'freeze',
  'kvm',
  'localtime',
  'numa',
  'onboot',
  'protection',
  'reboot',
  'shares',
  'sockets',
  'tablet',
  'tdf',
  'vcpus',
];
const TEXTS = [
  'affinity',
  'agent',
  'args',
  'audio0',
  'bios',
  'boot',
  'bootdisk',
  'cicustom',
  'cipassword',
  'citype',
  'ciuser',
  'cpu',
  'description',
  'hookscript',
  'hotplug',
  'hugepages',
  'keyboard',
  'lock',
  'machine',
  'memory',
  'name',
  'nameserver',
  'ostype',
  'rng0',
  'scsihw',
  'searchdomain',
  'smbios1',
  'sshkeys',
  'startup',
  'tags',
  'vga',
  'vmgenid',
  'vmstatestorage',
  'watchdog',
];
const DEVICES = [
  'efidisk',
  'hostpci',
  'ide',
  'ipconfig',
  'net',
  'numa',
  'sata',
  'scsi',
  'serial',
  'tpmstate',
  'unused',
  'usb',
  'virtio',
];

/** Keys of a guest's file, for a call that makes one as for a call that changes one. */
export const GUEST_PARAMETERS: ParameterTypes = {
  ...Object.fromEntries(NUMBERS.map((name) => [`${name}?`, 'integer' as const])),
  ...Object.fromEntries(TEXTS.map((name) => [`${name}?`, 'string' as const])),
  ...Object.fromEntries(DEVICES.map((name) => [`${name}*`, 'string' as const])),
};

export const CONFIG_PARAMETERS: ParameterTypes = {
  'digest?': 'string',
  'delete?': 'string',
  'revert?': 'string',
  'force?': 'boolean',
  'skiplock?': 'boolean',
  'background_delay?': 'integer',
  ...GUEST_PARAMETERS,
};

const CONTROLS = ['digest', 'delete', 'revert', 'force', 'skiplock', 'background_delay', '_dc'];

/** What a call may refuse before any task is started. @throws PveRefusal 400, 500 */
export function checkUpdate(call: Call, vm: LabVm): void {
  const { given, world } = call;
  if (given.skiplock !== undefined && !isRoot(call)) {
    throw invalidParameters({ skiplock: 'Only root may use this option.' });
  }
  const changes = Object.keys(given).filter((key) => !CONTROLS.includes(key));
  if (changes.length === 0 && given.delete === undefined && given.revert === undefined) {
    throw died('no options specified');
  }
  if (vm.lock !== null && given.skiplock !== '1') throw died(`VM is locked (${vm.lock})`);
  if (given.digest !== undefined && given.digest !== configDigest(vm)) {
    throw died('checksum mismatch (file change by other user?)');
  }
  if (given.boot !== undefined) checkBootOrder(mergedConfig(vm), given);
  for (const [key, text] of Object.entries(given)) {
    checkValue(key, text);
    if (isDiskSlot(key)) checkDrive({ world, vm }, key, text);
  }
}

/** The stray quote is real. */
export function checkBootOrder(config: LabVm['config'], given: Parameters): void {
  const known: Record<string, unknown> = { ...config, ...given };
  const [, order = ''] = /^order=(.*)$/.exec(given.boot ?? '') ?? [];
  for (const device of order.split(';').filter((name) => name !== '')) {
    if (known[device] === undefined) {
      throw died(`invalid bootorder: device '${device}' does not exist'`);
    }
  }
}

/** The keys that a call sets, deletes or reverts. */
export const keysOf = (given: Parameters): readonly string[] => [
  ...Object.keys(given).filter((key) => !CONTROLS.includes(key)),
  ...names(given.delete),
  ...names(given.revert),
];

/** Writes what applies now and keeps the rest for the next power cycle. @throws PveRefusal 400, 500 */
export function applyUpdate({ world, given }: Call, vm: LabVm): void {
  for (const [key, text] of Object.entries(given)) replaceVolume(vm, key, text);
  const drives = Object.entries(given).filter(([key]) => isDiskSlot(key));
  const allocated = new Map(
    drives.map(([key, text]) => [key, resolveDrive({ world, vm }, key, text)] as const),
  );
  for (const key of names(given.revert)) delete vm.pending[key];
  for (const key of names(given.delete)) {
    if (key === 'lock') vm.lock = null;
    else deleteKey(vm, key, given.force === '1');
  }
  for (const [key, text] of Object.entries(given)) {
    if (CONTROLS.includes(key)) continue;
    const value = NUMBERS.includes(key) ? Number(text) : withMac(world, key, text);
    const isNewDrive = isCdrom(text) && mergedConfig(vm)[key] === undefined;
    setKey(vm, key, allocated.get(key) ?? value);
    if (isNewDrive) joinBootOrder(vm, key);
  }
  world.touch('pve');
}

const names = (list: string | undefined): readonly string[] =>
  (list ?? '').split(/[,; ]/).filter((name) => name !== '');

function setKey(vm: LabVm, key: string, value: string | number): void {
  if (appliesNow(vm, key, value)) {
    vm.config[key] = value;
    delete vm.pending[key];
  } else if (vm.config[key] === value) {
    delete vm.pending[key];
  } else {
    vm.pending[key] = value;
  }
}

function deleteKey(vm: LabVm, key: string, isForced: boolean): void {
  if (vm.config[key] === undefined && vm.pending[key] === undefined) return;
  leaveBootOrder(vm, key);
  if (!deletesNow(vm, key)) {
    if (vm.config[key] === undefined) delete vm.pending[key];
    else vm.pending[key] = null;
    return;
  }
  if (isForced || key.startsWith('unused')) destroyDisk(vm, key);
  else detachDisk(vm, key);
  delete vm.config[key];
  delete vm.pending[key];
}

/** Device names leave the boot order together with their device; like every order that waits for a cold start. */
function leaveBootOrder(vm: LabVm, device: string): void {
  const [, order] = /^order=(.*)$/.exec(String(mergedConfig(vm).boot ?? '')) ?? [];
  const devices = (order ?? '').split(';');
  if (!devices.includes(device)) return;
  const kept = devices.filter((name) => name !== device);
  setKey(vm, 'boot', `order=${kept.join(';')}`);
}

/** Another volume in a slot leaves the one that was there as `unusedN`; one that was unused is in use again. */
function replaceVolume(vm: LabVm, key: string, text: string): void {
  if (!isDiskSlot(key) || isCdrom(text)) return;
  const [source] = text.split(',');
  const spare = vm.disks.find(({ slot, volume }) => slot.startsWith('unused') && volume === source);
  if (spare !== undefined) delete vm.config[spare.slot];
  const before = diskIn(vm, key);
  // QEMU lets go of a disk and takes another one while it runs (qemu-server: vmconfig_update_disk).
  if (before !== undefined && before.volume !== source) {
    detachDisk(vm, key);
    delete vm.config[key];
  }
}

/** proxmox.md §10.4: a new CD drive is appended to an explicit order, whatever the same call says about it. */
function joinBootOrder(vm: LabVm, device: string): void {
  const [, order] = /^order=(.*)$/.exec(String(mergedConfig(vm).boot ?? '')) ?? [];
  if (order === undefined || order.split(';').includes(device)) return;
  setKey(
    vm,
    'boot',
    `order=${[...order.split(';'), device].filter((each) => each !== '').join(';')}`,
  );
}

/** A network device without a MAC gets a new one: the guest loses its lease. */
export function withMac(world: World, key: string, text: string): string {
  const [model = '', ...options] = text.split(',');
  if (!/^net\d+$/.test(key) || model.includes('=')) return text;
  const tail = [0, 1, 2].map(() => world.random.hex(2).toUpperCase()).join(':');
  return [`${model}=BC:24:11:${tail}`, ...options].join(',');
}
