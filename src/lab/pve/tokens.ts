import { PveRefusal } from './refusal.js';

/** pveproxy makes whoever fails to prove himself wait. */
export const UNAUTHORIZED_DELAY_MS = 3000;

/**
 * pve-manager 9.1.5: bad, expired and revoked tokens all read alike.
 * @returns the token id, `root@pam!tui`.
 * @throws PveRefusal 401
 */
export function tokenUser(authorization: string | undefined, token: string): string {
  if (authorization === undefined) throw new PveRefusal(401, 'No ticket');
  if (authorization !== `PVEAPIToken=${token}`) throw new PveRefusal(401, 'Authentication failed!');
  return token.slice(0, token.lastIndexOf('='));
}

/** Full operation of Talos guests on PVE 9 (proxmox.md §6.2), which the lab's token has on `/`. */
export const PRIVILEGES = [
  'Datastore.AllocateSpace',
  'Datastore.AllocateTemplate',
  'Datastore.Audit',
  'Pool.Audit',
  'SDN.Audit',
  'SDN.Use',
  'Sys.AccessNetwork',
  'Sys.Audit',
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
