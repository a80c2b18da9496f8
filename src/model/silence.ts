import { isProxmoxNamed } from './proxmox-named.js';
import type { Reading } from './reading.js';
import type { Snapshot } from './snapshot.js';

/**
 * What tells which machines there are and has not been told yet, but may be: nobody has answered, or not in time, as
 * on a host that is busy. What refuses has answered.
 */
export function silentLists(snapshot: Snapshot): readonly string[] {
  const { cluster, talosMembers, kubeNodes, vms } = snapshot;
  const lists: readonly (readonly [string, Reading<unknown>])[] = [
    ['the Talos members', talosMembers],
    ['the Kubernetes nodes', kubeNodes],
    ...(isProxmoxNamed(cluster) ? [['the Proxmox guests', vms] as const] : []),
  ];
  return lists.filter(([, reading]) => isSilent(reading)).map(([name]) => name);
}

const isSilent = (reading: Reading<unknown>): boolean =>
  reading.state === 'waiting' || (reading.state === 'failed' && reading.error.kind === 'timeout');
