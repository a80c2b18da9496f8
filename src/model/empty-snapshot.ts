import { WAITING } from './reading.js';
import type { ClusterIdentity, Snapshot } from './snapshot.js';

/** Before the first answer: everything waits. */
export function emptySnapshot(cluster: ClusterIdentity): Snapshot {
  return {
    cluster,
    talosNodes: new Map(),
    talosMembers: WAITING,
    etcdMembers: WAITING,
    etcdAlarms: WAITING,
    kubeNodes: WAITING,
    kubeHealth: WAITING,
    csrs: WAITING,
    kubeEvents: WAITING,
    leases: WAITING,
    pdbs: WAITING,
    pve: WAITING,
    vms: WAITING,
    storages: WAITING,
    pveTasks: WAITING,
    host: WAITING,
    catalogue: WAITING,
    runs: WAITING,
    commands: [],
  };
}
