import type { LabVm, World } from '../world/types.js';
import { configDigest, mergedConfig } from '../world/vm.js';
import { allocateDisk, destroyDisk, detachDisk, sizeText, storageOf } from '../world/vm-disks.js';
import { appliesNow, deletesNow, isCdrom, isDrive } from './hotplug.js';
import type { Parameters, ParameterTypes } from './parameters.js';
import { died, invalidParameters } from './refusal.js';

const NUMBERS = [
  'acpi',
  'balloon',
  'cores',
  'cpulimit',
  'cpuunits',
  'numa',
  'onboot',
  'protection',
  'shares',
  'sockets',
  'tablet',
  'vcpus',
];
const TEXTS = [
  'affinity',
  'agent',
  'args',
  'bios',
  'boot',
  'cpu',
  'description',
  'hookscript',
  'hotplug',
  'lock',
  'machine',
  'memory',
  'name',
  'ostype',
  'scsihw',
  'smbios1',
  'startup',
  'tags',
  'vga',
];
const DEVICES = ['efidisk', 'ide', 'net', 'sata', 'scsi', 'serial', 'virtio'];

export const CONFIG_PARAMETERS: ParameterTypes = {
  'digest?': 'string',
  'delete?': 'string',
  'revert?': 'string',
  'force?': 'boolean',
  'skiplock?': 'boolean',
  'background_delay?': 'integer',
  ...Object.fromEntries(NUMBERS.map((name) => [`${name}?`, 'integer' as const])),
  ...Object.fromEntries(TEXTS.map((name) => [`${name}?`, 'string' as const])),
  ...Object.fromEntries(DEVICES.map((name) => [`${name}*`, 'string' as const])),
};

const CONTROLS = ['digest', 'delete', 'revert', 'force', 'skiplock', 'background_delay', '_dc'];

/** What a call may refuse before any task is started. @throws PveRefusal 400, 500 */
export function checkUpdate(vm: LabVm, given: Parameters): void {
  if (given.skiplock !== undefined) {
    throw invalidParameters({ skiplock: 'Only root may use this option.' });
  }
  const changes = Object.keys(given).filter((key) => !CONTROLS.includes(key));
  if (changes.length === 0 && given.delete === undefined && given.revert === undefined) {
    throw died('no options specified');
  }
  if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
  if (given.digest !== undefined && given.digest !== configDigest(vm)) {
    throw died('checksum mismatch (file change by other user?)');
  }
  if (given.boot !== undefined) checkBootOrder(vm, given);
}

/** The stray quote is real. */
function checkBootOrder(vm: LabVm, given: Parameters): void {
  const known = { ...mergedConfig(vm), ...given };
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
export function applyUpdate(world: World, vm: LabVm, given: Parameters): void {
  const drives = Object.entries(given).filter(([key]) => isDrive(key));
  const allocated = new Map(
    drives.map(([key, text]) => [key, withVolume(world, vm, key, text)] as const),
  );
  for (const key of names(given.revert)) delete vm.pending[key];
  for (const key of names(given.delete)) deleteKey(vm, key, given.force === '1');
  for (const [key, text] of Object.entries(given)) {
    if (CONTROLS.includes(key)) continue;
    const value = NUMBERS.includes(key) ? Number(text) : withMac(world, key, text);
    setKey(vm, key, allocated.get(key) ?? value);
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

const GIB = 1024 ** 3;

/**
 * `local-lvm:20` makes a volume of 20 GiB; a volume that exists stays. The answer is what the file will say.
 * @throws PveRefusal 400, 500
 */
function withVolume(world: World, vm: LabVm, key: string, text: string): string {
  const [source = '', ...options] = text.split(',');
  if (isCdrom(text) || source === 'none' || source === '') return text;
  const [storageName = '', name = ''] = source.split(':');
  if (storageName.endsWith('.iso') || name.startsWith('iso/')) {
    throw invalidParameters({ [key]: "explicit 'media=cdrom' is required for iso images" });
  }
  const storage = storageOf(world, vm, storageName);
  if (storage === undefined) throw died(`storage '${storageName}' does not exist`);
  if (!/^\d+(\.\d+)?$/.test(name)) {
    const known = vm.disks.find(({ volume }) => volume === source);
    if (known === undefined) throw died(`unable to parse lvm volume name '${name}'`);
    return drive(known.volume, options, known.sizeBytes);
  }
  const disk = allocateDisk(vm, key, storage, Number(name) * GIB);
  return drive(disk.volume, options, disk.sizeBytes);
}

const drive = (volume: string, options: readonly string[], sizeBytes: number): string => {
  const others = options.filter((option) => !option.startsWith('size='));
  return [volume, ...[...others, `size=${sizeText(sizeBytes)}`].sort()].join(',');
};

/** A network device without a MAC gets a new one: the guest loses its lease. */
function withMac(world: World, key: string, text: string): string {
  const [model = '', ...options] = text.split(',');
  if (!/^net\d+$/.test(key) || model.includes('=')) return text;
  const tail = [0, 1, 2].map(() => world.random.hex(2).toUpperCase()).join(':');
  return [`${model}=BC:24:11:${tail}`, ...options].join(',');
}
