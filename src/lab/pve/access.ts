import { isForbidden } from '../world/faults.js';
import { OPERATOR_PRIVILEGES, privilegesAt, ROOT_USER } from '../world/pve-access.js';
import type { LabVm } from '../world/types.js';
import type { Parameters } from './parameters.js';
import { died, missingPrivilege } from './refusal.js';
import type { Call } from './route.js';

/** Who asks, of which world. */
export type Asker = Pick<Call, 'world' | 'user'>;

/** The lab's own token is in no file: it has the role for operation, less what `lab do` forbids. */
export const privilegesOf = ({ world, user }: Asker, path: string): readonly string[] =>
  privilegesAt(world, user, path) ??
  OPERATOR_PRIVILEGES.filter((privilege) => !isForbidden(world, 'pve', privilege));

/** `A|B`: one of them is enough. */
export const isAllowed = (asker: Asker, path: string, privilege: string): boolean =>
  privilege.split('|').some((each) => privilegesOf(asker, path).includes(each));

/** @throws PveRefusal 403 */
export function needPrivilege(asker: Asker, path: string, privilege: string): void {
  if (!isAllowed(asker, path, privilege)) throw missingPrivilege(path, privilege);
}

export const isRoot = ({ user }: Asker): boolean => user === ROOT_USER;

/** proxmox.md §6.3; what no line names belongs to root. */
const KEY_PRIVILEGES: readonly (readonly [RegExp, string])[] = [
  [/^(?:cores|cpu|cpulimit|cpuunits|numa\d*|sockets|vcpus)$/, 'VM.Config.CPU'],
  [/^(?:memory|balloon|shares|allow-ksm)$/, 'VM.Config.Memory'],
  [
    /^(?:acpi|audio0|hotplug|kvm|machine|scsihw|smbios1|tablet|vga|watchdog|rng0|serial\d+)$/,
    'VM.Config.HWType',
  ],
  [
    /^(?:agent|autostart|bios|description|keyboard|localtime|name|onboot|ostype|protection|reboot|startdate|startup|tags|tdf|template)$/,
    'VM.Config.Options',
  ],
  [/^net\d+$/, 'VM.Config.Network'],
  [/^(?:boot|bootdisk|vmstatestorage|efidisk\d+|tpmstate\d+|unused\d+)$/, 'VM.Config.Disk'],
  [
    /^(?:ci\w+|ipconfig\d+|nameserver|searchdomain|sshkeys)$/,
    'VM.Config.Cloudinit|VM.Config.Network',
  ],
];
const ROOT_KEYS = ['args', 'affinity', 'hookscript', 'hugepages', 'vmgenid', 'lock'];

function privilegeOf(key: string, value: string | undefined, before: unknown): string | null {
  if (/^(?:ide|sata|scsi|virtio)\d+$/.test(key)) {
    const isMedium = String(value ?? before ?? '').includes('media=cdrom');
    return isMedium ? 'VM.Config.CDROM' : 'VM.Config.Disk';
  }
  return KEY_PRIVILEGES.find(([keys]) => keys.test(key))?.[1] ?? null;
}

/** A guest, or one that is being made. */
type Guest = Pick<LabVm, 'vmId' | 'config'>;

/**
 * Every key of a config call has its privilege; some are root's alone, and no token is root.
 * @throws PveRefusal 403, 500
 */
export function checkKeys(
  asker: Asker,
  vm: Guest,
  given: Parameters,
  keys: readonly string[],
): void {
  if (isRoot(asker)) return;
  for (const key of keys) {
    const privilege = privilegeOf(key, given[key], vm.config[key]);
    if (privilege === null || ROOT_KEYS.includes(key)) {
      throw died(`only root can set '${key}' config`);
    }
    needPrivilege(asker, `/vms/${vm.vmId}`, privilege);
    needDevices(asker, key, given[key] ?? '');
  }
}

/** What a drive or a network device is made of. @throws PveRefusal 403 */
function needDevices(asker: Asker, key: string, value: string): void {
  if (key === 'startup') needPrivilege(asker, '/', 'Sys.Modify');
  const bridge = /(?:^|,)bridge=([^,]+)/.exec(value)?.[1];
  if (/^net\d+$/.test(key) && bridge !== undefined) {
    const tag = /(?:^|,)tag=(\d+)/.exec(value)?.[1];
    const path = `/sdn/zones/localnetwork/${bridge}${tag === undefined ? '' : `/${tag}`}`;
    needPrivilege(asker, path, 'SDN.Use');
  }
  const storage = /^([a-zA-Z][\w.-]*):(\S+)/.exec(value)?.[1];
  const isDrive = /^(?:ide|sata|scsi|virtio|efidisk|tpmstate)\d+$/.test(key);
  if (!isDrive || storage === undefined) return;
  const needed = value.includes('media=cdrom')
    ? 'Datastore.Audit|Datastore.AllocateSpace'
    : 'Datastore.AllocateSpace';
  needPrivilege(asker, `/storage/${storage}`, needed);
}
