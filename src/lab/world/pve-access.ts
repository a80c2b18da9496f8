import type { Random } from './random.js';
import type { World } from './types.js';

export const ROOT_USER = 'root@pam';

/** Full operation of Talos guests on PVE 9 with its extras (proxmox.md §6.2): the lab's own token on `/`. */
export const OPERATOR_PRIVILEGES = [
  'Datastore.Allocate',
  'Datastore.AllocateSpace',
  'Datastore.AllocateTemplate',
  'Datastore.Audit',
  'Pool.Audit',
  'SDN.Audit',
  'SDN.Use',
  'Sys.AccessNetwork',
  'Sys.Audit',
  'Sys.Modify',
  'VM.Allocate',
  'VM.Audit',
  'VM.Backup',
  'VM.Clone',
  'VM.Config.CDROM',
  'VM.Config.CPU',
  'VM.Config.Cloudinit',
  'VM.Config.Disk',
  'VM.Config.HWType',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.Options',
  'VM.Console',
  'VM.GuestAgent.Audit',
  'VM.Migrate',
  'VM.PowerMgmt',
  'VM.Snapshot',
  'VM.Snapshot.Rollback',
];

/** Only for deleting files, `startup` and other people's tasks. */
const EXTRAS = ['Datastore.Allocate', 'Sys.Modify'];

/** Known to PVE 9, in no role of ours. */
const OTHER_PRIVILEGES = [
  'Group.Allocate',
  'Mapping.Audit',
  'Mapping.Modify',
  'Mapping.Use',
  'Permissions.Modify',
  'Pool.Allocate',
  'Realm.Allocate',
  'SDN.Allocate',
  'Sys.Console',
  'Sys.Incoming',
  'Sys.PowerMgmt',
  'Sys.Syslog',
  'User.Modify',
  'VM.GuestAgent.FileRead',
  'VM.GuestAgent.FileSystemMgmt',
  'VM.GuestAgent.FileWrite',
  'VM.GuestAgent.Unrestricted',
  'VM.Replicate',
];

export const ALL_PRIVILEGES = [...OPERATOR_PRIVILEGES, ...OTHER_PRIVILEGES].sort();

/** PVE 9's built-in PVEAuditor. */
const AUDITOR_PRIVILEGES = [
  'Datastore.Audit',
  'Mapping.Audit',
  'Pool.Audit',
  'SDN.Audit',
  'Sys.Audit',
  'VM.Audit',
  'VM.GuestAgent.Audit',
];

/** Roles that `lab do` can give. */
export const PVE_ROLES: Readonly<Record<'operator' | 'auditor' | 'none', readonly string[]>> = {
  operator: OPERATOR_PRIVILEGES,
  auditor: AUDITOR_PRIVILEGES,
  none: [],
};

export interface PveToken {
  readonly value: string;
  /** Its own rights, within those of its user. */
  readonly isSeparate: boolean;
  readonly expiresAtSeconds: number;
}

export interface AclEntry {
  readonly path: string;
  /** `user@realm` or `user@realm!token`. */
  readonly subject: string;
  readonly role: string;
  readonly propagates: boolean;
}

/** Who may do what: `/etc/pve/user.cfg` and its secrets. */
export interface PveAccess {
  /** Passwords by user; null = cannot log in. */
  readonly users: Map<string, string | null>;
  readonly tokens: Map<string, PveToken>;
  readonly roles: Map<string, readonly string[]>;
  acl: readonly AclEntry[];
  /** Signs tickets. */
  readonly ticketKey: string;
}

export const createPveAccess = (random: Random): PveAccess => ({
  users: new Map([[ROOT_USER, random.uuid()]]),
  tokens: new Map(),
  roles: new Map([
    ['Administrator', ALL_PRIVILEGES],
    ['NoAccess', []],
    ['PVEAuditor', AUDITOR_PRIVILEGES],
    ['TalosTUI', OPERATOR_PRIVILEGES.filter((each) => !EXTRAS.includes(each))],
  ]),
  acl: [],
  ticketKey: random.hex(64),
});

const isBelow = (path: string, parent: string): boolean =>
  parent === '/' || path === parent || path.startsWith(`${parent}/`);

/** The deepest path that names the subject decides; it replaces what is above it. */
function granted({ acl, roles }: PveAccess, subject: string, path: string): readonly string[] {
  const matching = acl.filter(
    (entry) =>
      entry.subject === subject &&
      (entry.propagates ? isBelow(path, entry.path) : entry.path === path),
  );
  const deepest = Math.max(...matching.map((entry) => entry.path.length));
  return matching
    .filter((entry) => entry.path.length === deepest)
    .flatMap(({ role }) => roles.get(role) ?? []);
}

/** What a user or a token may do at a path; null = somebody whom `user.cfg` does not know. */
export function privilegesAt(
  { pveAccess }: World,
  subject: string,
  path: string,
): readonly string[] | null {
  const [user = '', name] = subject.split('!');
  const ofUser = user === ROOT_USER ? ALL_PRIVILEGES : granted(pveAccess, user, path);
  if (name === undefined) return pveAccess.users.has(user) ? ofUser : null;
  const token = pveAccess.tokens.get(subject);
  if (token === undefined) return null;
  if (!token.isSeparate) return ofUser;
  return granted(pveAccess, subject, path).filter((each) => ofUser.includes(each));
}

export interface TokenOrder {
  readonly id: string;
  readonly isSeparate: boolean;
  readonly expiresAtSeconds?: number;
}

/** @returns its secret. */
export function addToken(
  world: World,
  { id, isSeparate, expiresAtSeconds = 0 }: TokenOrder,
): string {
  const value = world.random.uuid();
  world.pveAccess.tokens.set(id, { value, isSeparate, expiresAtSeconds });
  return value;
}

export function grant(world: World, entry: AclEntry): void {
  const { pveAccess } = world;
  const others = pveAccess.acl.filter(
    ({ path, subject, role }) =>
      !(path === entry.path && subject === entry.subject && role === entry.role),
  );
  pveAccess.acl = [...others, entry];
  world.touch('pve');
}
