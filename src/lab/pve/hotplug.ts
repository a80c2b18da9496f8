import type { LabVm } from '../world/types.js';

type Value = string | number;

/** Takes effect at once, whether the guest runs or not (proxmox.md §10.5). */
const IMMEDIATE = [
  'name',
  'description',
  'tags',
  'onboot',
  'startup',
  'protection',
  'hookscript',
  'shares',
  'migrate_speed',
  'migrate_downtime',
  'vmstatestorage',
];
const LIVE = ['cpulimit', 'cpuunits'];
/** What QEMU takes for a drive that is in use; everything else of it needs a new process. */
const LIVE_DRIVE_OPTIONS = /^(?:mbps|iops|bps)|^(?:backup|replicate|size)$/;

const HOTPLUG_DEFAULT = 'network,disk,usb';

function isPluggable(vm: LabVm, key: string): boolean {
  const wanted = String(vm.config.hotplug ?? HOTPLUG_DEFAULT);
  const kinds = (wanted === '1' ? HOTPLUG_DEFAULT : wanted).split(',');
  if (/^net\d+$/.test(key)) return kinds.includes('network');
  if (/^(?:scsi|virtio)\d+$/.test(key)) return kinds.includes('disk');
  return false;
}

export const isCdrom = (value: Value | undefined): boolean =>
  String(value ?? '').includes('media=cdrom');

export const isDrive = (key: string): boolean => /^(?:ide|sata|scsi|virtio)\d+$/.test(key);

const partsOf = (drive: Value): readonly string[] => String(drive).split(',');

function changesOnlyLiveOptions(before: Value, after: Value): boolean {
  if (partsOf(before)[0] !== partsOf(after)[0]) return false;
  const all = new Set([...partsOf(before), ...partsOf(after)]);
  const changed = [...all].filter(
    (part) => !(partsOf(before).includes(part) && partsOf(after).includes(part)),
  );
  return changed.every((part) => LIVE_DRIVE_OPTIONS.test(part.split('=')[0] ?? ''));
}

/** Whether a new value is in force at once; else it waits for the next QEMU process. */
export function appliesNow(vm: LabVm, key: string, value: Value): boolean {
  const before = vm.config[key];
  if (vm.status !== 'running' || IMMEDIATE.includes(key) || LIVE.includes(key)) return true;
  if (key === 'balloon') return Number(before ?? 1) > 0 && Number(value) > 0;
  // A medium is changed live in a drive that exists.
  if (isCdrom(before) && isCdrom(value)) return true;
  if (isDrive(key) && before !== undefined) {
    return isPluggable(vm, key) && changesOnlyLiveOptions(before, value);
  }
  return isPluggable(vm, key);
}

/** Whether a key is gone at once. */
export const deletesNow = (vm: LabVm, key: string): boolean =>
  vm.status !== 'running' ||
  IMMEDIATE.includes(key) ||
  /^unused\d+$/.test(key) ||
  isPluggable(vm, key);
