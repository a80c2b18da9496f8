import { isProxmoxNamed } from '../model/proxmox-named.js';
import type { Reading } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { perSnapshot } from './per-snapshot.js';

/** How far the whole picture can be trusted: one word for the header. */
export interface SourceHealth {
  readonly total: number;
  readonly waiting: number;
  /** Stale or failed. */
  readonly broken: number;
  /** When the oldest value that is still shown was read; null when every one is fresh. */
  readonly oldestReadAtMs: number | null;
}

export const sourceHealth: (snapshot: Snapshot) => SourceHealth = perSnapshot((snapshot) => {
  const readings = shownReadings(snapshot);
  const staleAtMs = readings.flatMap((each) => (each.state === 'stale' ? [each.readAtMs] : []));
  return {
    total: readings.length,
    waiting: readings.filter(({ state }) => state === 'waiting').length,
    broken: readings.filter(({ state }) => state === 'stale' || state === 'failed').length,
    oldestReadAtMs: staleAtMs.length === 0 ? null : Math.min(...staleAtMs),
  };
});

/** One per source that is connected at all, and one per node. */
function shownReadings(snapshot: Snapshot): readonly Reading<unknown>[] {
  const { cluster } = snapshot;
  const talos = [snapshot.talosMembers, snapshot.etcdMembers, snapshot.etcdAlarms];
  const kubernetes = [snapshot.kubeNodes, snapshot.kubeHealth, snapshot.csrs];
  const proxmox = [snapshot.pve, snapshot.vms, snapshot.storages, snapshot.pveTasks];
  return [
    ...(cluster.endpoints.length > 0 ? talos : []),
    ...(cluster.kubernetesServer !== null ? kubernetes : []),
    ...(isProxmoxNamed(cluster) ? proxmox : []),
    ...Array.from(snapshot.talosNodes.values(), ({ status }) => status),
  ];
}
