import type { LabVm, World } from '../world/types.js';
import { configDigest, mergedConfig } from '../world/vm.js';
import type { Parameters, ParameterTypes } from './parameters.js';
import { died, invalidParameters } from './refusal.js';

/** Takes effect at once, whether the guest runs or not (proxmox.md §10.5). */
const IMMEDIATE = ['name', 'description', 'tags', 'onboot', 'startup', 'protection'];
const NUMBERS = [
  'acpi',
  'balloon',
  'cores',
  'numa',
  'onboot',
  'protection',
  'sockets',
  'tablet',
  'vcpus',
];
const TEXTS = [
  'agent',
  'bios',
  'boot',
  'cpu',
  'description',
  'hotplug',
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
const DEVICES = ['ide', 'net', 'sata', 'scsi', 'serial', 'virtio'];

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

/** Writes what applies now and keeps the rest for the next power cycle. */
export function applyUpdate(world: World, vm: LabVm, given: Parameters): void {
  for (const key of names(given.revert)) delete vm.pending[key];
  for (const key of names(given.delete)) deleteKey(vm, key);
  for (const [key, text] of Object.entries(given)) {
    if (CONTROLS.includes(key)) continue;
    const value = NUMBERS.includes(key) ? Number(text) : withMac(world, key, text);
    setKey(vm, key, value);
  }
  world.touch('pve');
}

const names = (list: string | undefined): readonly string[] =>
  (list ?? '').split(/[,; ]/).filter((name) => name !== '');

function setKey(vm: LabVm, key: string, value: string | number): void {
  if (isImmediate(vm, key, value)) {
    vm.config[key] = value;
    delete vm.pending[key];
  } else if (vm.config[key] === value) {
    delete vm.pending[key];
  } else {
    vm.pending[key] = value;
  }
}

const isCdrom = (value: string | number | undefined): boolean =>
  String(value ?? '').includes('media=cdrom');

/** A medium is changed live in a drive that exists. */
const isImmediate = (vm: LabVm, key: string, value: string | number): boolean =>
  vm.status !== 'running' || IMMEDIATE.includes(key) || (isCdrom(vm.config[key]) && isCdrom(value));

function deleteKey(vm: LabVm, key: string): void {
  if (vm.config[key] === undefined && vm.pending[key] === undefined) return;
  if (vm.status === 'running' && !IMMEDIATE.includes(key)) {
    if (vm.config[key] === undefined) delete vm.pending[key];
    else vm.pending[key] = null;
    return;
  }
  delete vm.config[key];
  delete vm.pending[key];
  vm.config.boot = withoutDevice(String(vm.config.boot ?? ''), key);
}

/** Device names leave the boot order together with their device. */
function withoutDevice(boot: string, device: string): string {
  const [, order] = /^order=(.*)$/.exec(boot) ?? [];
  if (order === undefined) return boot;
  const kept = order.split(';').filter((name) => name !== device);
  return `order=${kept.join(';')}`;
}

/** A network device without a MAC gets a new one: the guest loses its lease. */
function withMac(world: World, key: string, text: string): string {
  const [model = '', ...options] = text.split(',');
  if (!/^net\d+$/.test(key) || model.includes('=')) return text;
  const tail = [0, 1, 2].map(() => world.random.hex(2).toUpperCase()).join(':');
  return [`${model}=BC:24:11:${tail}`, ...options].join(',');
}
