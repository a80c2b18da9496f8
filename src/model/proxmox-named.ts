import type { ClusterIdentity } from './snapshot.js';

/** Whether Proxmox is a layer of this cluster, readable or not: only a layer that nobody named may be left out. */
export const isProxmoxNamed = ({
  pveUrl,
  isProxmoxBroken = false,
}: Pick<ClusterIdentity, 'pveUrl' | 'isProxmoxBroken'>): boolean =>
  pveUrl !== null || isProxmoxBroken;
