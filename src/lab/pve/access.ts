import { isForbidden } from '../world/faults.js';
import type { LabVm, World } from '../world/types.js';
import type { Parameters } from './parameters.js';
import { died, missingPrivilege } from './refusal.js';
import { PRIVILEGES } from './tokens.js';

/** PVE 9's built-in PVEAuditor. */
const AUDITOR = [
  'Datastore.Audit',
  'Mapping.Audit',
  'Pool.Audit',
  'SDN.Audit',
  'Sys.Audit',
  'VM.Audit',
  'VM.GuestAgent.Audit',
];

/** Roles that the lab's token can have on `/`; it comes with `operator`. */
export const PVE_ROLES: Readonly<Record<'operator' | 'auditor' | 'none', readonly string[]>> = {
  operator: PRIVILEGES,
  auditor: AUDITOR,
  none: [],
};

export const privilegesOf = (world: World): readonly string[] =>
  PRIVILEGES.filter((privilege) => !isForbidden(world, 'pve', privilege));

/** `A|B`: one of them is enough. */
export const isAllowed = (world: World, privilege: string): boolean =>
  privilege.split('|').some((each) => privilegesOf(world).includes(each));

/** @throws PveRefusal 403 */
export function needPrivilege(world: World, path: string, privilege: string): void {
  if (!isAllowed(world, privilege)) throw missingPrivilege(path, privilege);
}

/** proxmox.md §6.3; what no line names belongs to root. */
const KEY_PRIVILEGES: readonly (readonly [RegExp, string])[] = [
  [/^(?:cores|cpu|cpulimit|cpuunits|numa\d*|sockets|vcpus)$/, 'VM.Config.CPU'],
  [/^(?:memory|balloon|shares)$/, 'VM.Config.Memory'],
  [/^(?:acpi|hotplug|kvm|machine|scsihw|smbios1|tablet|vga|serial\d+)$/, 'VM.Config.HWType'],
  [
    /^(?:agent|autostart|bios|description|name|onboot|ostype|protection|startup|tags)$/,
    'VM.Config.Options',
  ],
  [/^net\d+$/, 'VM.Config.Network'],
  [/^(?:boot|bootdisk|efidisk\d+|tpmstate\d+|unused\d+)$/, 'VM.Config.Disk'],
];
const ROOT_KEYS = ['args', 'affinity', 'hookscript', 'hugepages', 'vmgenid', 'lock'];

function privilegeOf(vm: LabVm, key: string, value: string | undefined): string | null {
  if (/^(?:ide|sata|scsi|virtio)\d+$/.test(key)) {
    const isMedium = String(value ?? vm.config[key] ?? '').includes('media=cdrom');
    return isMedium ? 'VM.Config.CDROM' : 'VM.Config.Disk';
  }
  return KEY_PRIVILEGES.find(([keys]) => keys.test(key))?.[1] ?? null;
}

/**
 * Every key of a config call has its privilege; some are root's alone, and no token is root.
 * @throws PveRefusal 403, 500
 */
export function checkKeys(
  world: World,
  vm: LabVm,
  given: Parameters,
  keys: readonly string[],
): void {
  for (const key of keys) {
    const privilege = privilegeOf(vm, key, given[key]);
    if (privilege === null || ROOT_KEYS.includes(key)) {
      throw died(`only root can set '${key}' config`);
    }
    needPrivilege(world, `/vms/${vm.vmId}`, privilege);
  }
}
