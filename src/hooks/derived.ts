import type { CsrAssessment } from '../model/csr-rules.js';
import type { Issue } from '../model/issue.js';
import { issuesOf } from '../model/issues.js';
import { machinesOf } from '../model/machines.js';
import type { PveStorage, PveTask, Vm } from '../model/proxmox.js';
import { knownValue } from '../model/reading.js';
import type { CatalogueEntry, CommandRecord, RunSummary } from '../model/run.js';
import type { Snapshot } from '../model/snapshot.js';
import { perSnapshot } from './per-snapshot.js';

export const issues: (snapshot: Snapshot) => readonly Issue[] = perSnapshot(issuesOf);

/** Newest first. */
export const runsNewestFirst: (snapshot: Snapshot) => readonly RunSummary[] = perSnapshot(
  ({ runs }) => (knownValue(runs) ?? []).toSorted((a, b) => b.startedAtMs - a.startedAtMs),
);

/** A guest, and whether its state is what Proxmox says now. */
export interface GuestRow {
  readonly vm: Vm;
  readonly isCurrent: boolean;
}

export const guestRows: (snapshot: Snapshot) => readonly GuestRow[] = perSnapshot(({ vms }) =>
  (knownValue(vms) ?? []).map((vm) => ({ vm, isCurrent: vms.state === 'fresh' })),
);

/** Newest first. */
export const tasksNewestFirst: (snapshot: Snapshot) => readonly PveTask[] = perSnapshot(
  ({ pveTasks }) => (knownValue(pveTasks) ?? []).toSorted((a, b) => b.startedAtMs - a.startedAtMs),
);

/** Newest first. */
export const commandsNewestFirst: (snapshot: Snapshot) => readonly CommandRecord[] = perSnapshot(
  ({ commands }) => commands.toReversed(),
);

/** Runs that somebody should know of: going on, paused, or left behind by a dead process. */
export const activeRuns: (snapshot: Snapshot) => readonly RunSummary[] = perSnapshot((snapshot) =>
  runsNewestFirst(snapshot).filter(({ state }) => UNFINISHED.includes(state)),
);

const UNFINISHED: readonly RunSummary['state'][] = ['starting', 'running', 'paused', 'interrupted'];

/** Storages that hold disks of the cluster's machines, the fullest first. */
export const usedStorages: (snapshot: Snapshot) => readonly PveStorage[] = perSnapshot(
  (snapshot) => {
    const used = new Set(
      machinesOf(snapshot).flatMap(({ vm }) =>
        vm === null
          ? []
          : (knownValue(vm.config)?.disks ?? []).map(({ storage }) => `${vm.pveNode}/${storage}`),
      ),
    );
    return (knownValue(snapshot.storages) ?? [])
      .filter(({ pveNode, name }) => used.has(`${pveNode}/${name}`))
      .toSorted((a, b) => fillRatio(b) - fillRatio(a));
  },
);

export const fillRatio = ({ usedBytes, totalBytes }: PveStorage): number =>
  totalBytes === 0 ? 0 : usedBytes / totalBytes;

/** Snapshots of this cluster, newest first. */
export const catalogueNewestFirst: (snapshot: Snapshot) => readonly CatalogueEntry[] = perSnapshot(
  ({ catalogue, cluster }) =>
    (knownValue(catalogue) ?? [])
      .filter((entry) => entry.cluster === cluster.name)
      .toSorted((a, b) => b.takenAtMs - a.takenAtMs),
);

export const newestVerified = (entries: readonly CatalogueEntry[]): CatalogueEntry | undefined =>
  entries.find(({ isVerified }) => isVerified);

export interface CsrTotals {
  readonly pending: number;
  readonly approvable: number;
  /** Break a rule that no honest kubelet breaks. */
  readonly suspicious: number;
}

/** Requests for kubelet serving certificates only: others are not ours to decide. */
export function csrTotals(assessments: readonly CsrAssessment[]): CsrTotals {
  const pending = assessments.filter(
    ({ csr, verdict }) => csr.state === 'pending' && verdict !== 'not-ours',
  );
  return {
    pending: pending.length,
    approvable: pending.filter(({ verdict }) => verdict === 'approvable').length,
    suspicious: pending.filter(({ verdict }) => verdict === 'deny-worthy').length,
  };
}
