import { assessCsr, type CsrContext, csrContext } from './csr-rules.js';
import { memberHealth } from './etcd-layer.js';
import type { Machine, Verdict } from './machine.js';
import { machinesOf } from './machines.js';
import { quorumState } from './quorum.js';
import { freshValue, knownValue } from './reading.js';
import { sanitise } from './sanitise.js';
import type { Snapshot } from './snapshot.js';
import { type StatusReadings, statusReadings } from './status-readings.js';
import { verdictOf } from './verdict.js';
import { vipState } from './vip.js';

/** What the doctor says, as far as the document tells it. */
export interface StatusFinding {
  readonly rule: string;
  readonly severity: string;
  readonly target: string;
  readonly text: string;
  readonly fixedBy: string | null;
}

/**
 * `status --json`, schema 1. Only fresh facts are told as true: what is stale or unread is null, or the word of
 * its layer (`unreachable`, `stale`, `unknown`).
 */
export interface StatusDocument {
  readonly schema: 1;
  readonly cluster: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly verdict: Verdict;
  readonly machines: readonly StatusMachine[];
  readonly etcd: {
    readonly members: number;
    readonly healthy: number;
    readonly quorum: number;
    readonly canLose: number;
    readonly leader: string | null;
  } | null;
  readonly vip: {
    readonly address: string;
    readonly holder: string | null;
    readonly reason: string;
  } | null;
  readonly csrs: {
    readonly pending: readonly {
      readonly name: string;
      readonly node: string | null;
      readonly ageMs: number;
      readonly approvable: boolean;
      readonly reasons: readonly string[];
    }[];
  };
  readonly snapshots: { readonly latestAt: string | null };
  readonly storage: readonly {
    readonly pveNode: string;
    readonly name: string;
    readonly type: string;
    readonly usedRatio: number | null;
  }[];
  readonly findings: readonly StatusFinding[];
  readonly readings: StatusReadings;
}

export interface StatusMachine {
  readonly name: string;
  readonly role: Machine['role'];
  readonly joinedBy: Machine['joinedBy'];
  readonly vm: { readonly id: number; readonly pveNode: string; readonly status: string } | null;
  readonly talos: {
    readonly address: string;
    readonly version: string | null;
    readonly stage: string;
    readonly ready: boolean;
    readonly schematic: string | null;
    readonly extensions: readonly { readonly name: string; readonly version: string }[];
  } | null;
  readonly etcd: {
    readonly memberId: string | null;
    readonly isLeader: boolean;
    readonly isLearner: boolean;
    /** null: could not be read. */
    readonly healthy: boolean | null;
    readonly dbSizeBytes: number | null;
  } | null;
  readonly kubernetes: {
    /** null: Kubernetes does not know, or cannot be read. */
    readonly ready: boolean | null;
    readonly version: string;
    readonly unschedulable: boolean;
  } | null;
  readonly problems: readonly string[];
}

export function statusDocument(
  snapshot: Snapshot,
  {
    nowMs,
    findings = [],
  }: { readonly nowMs: number; readonly findings?: readonly StatusFinding[] },
): StatusDocument {
  const vip = vipState(snapshot);
  return {
    schema: 1,
    cluster: snapshot.cluster.name,
    at: new Date(nowMs).toISOString(),
    verdict: verdictOf(snapshot),
    machines: machinesOf(snapshot).map((machine) => statusMachine(machine, snapshot)),
    etcd: statusEtcd(snapshot),
    vip: vip && {
      address: vip.address,
      holder: vip.holder,
      reason: sanitise(vip.reason),
    },
    csrs: { pending: pendingCsrs(snapshot, csrContext(snapshot, nowMs)) },
    snapshots: { latestAt: latestSnapshot(snapshot) },
    storage: (knownValue(snapshot.storages) ?? []).map(
      ({ pveNode, name, type, usedBytes, totalBytes }) => ({
        pveNode,
        name,
        type,
        usedRatio: totalBytes > 0 ? Math.round((usedBytes / totalBytes) * 1e4) / 1e4 : null,
      }),
    ),
    findings,
    readings: statusReadings(snapshot, nowMs),
  };
}

function statusMachine(machine: Machine, snapshot: Snapshot): StatusMachine {
  const { name, role, joinedBy, vm, layers, problems } = machine;
  return {
    name,
    role,
    joinedBy,
    vm: vm && {
      id: vm.id,
      pveNode: vm.pveNode,
      status: snapshot.vms.state === 'fresh' ? vm.status : layers.vm.word,
    },
    talos: statusTalos(machine),
    etcd: statusMember(machine),
    kubernetes: statusKubernetes(machine, snapshot),
    problems,
  };
}

function statusTalos({ talos, layers }: Machine): StatusMachine['talos'] {
  if (talos === null) return null;
  const status = freshValue(talos.status);
  const image = knownValue(talos.image);
  return {
    address: talos.address,
    version: knownValue(talos.version)?.tag ?? null,
    stage: status?.stage ?? layers.talos.word,
    ready: status?.ready ?? false,
    schematic: image?.schematic ?? null,
    extensions: image?.extensions ?? [],
  };
}

function statusMember({ talos, member, role }: Machine): StatusMachine['etcd'] {
  if (member === null && role !== 'control-plane') return null;
  const status = talos === null ? undefined : freshValue(talos.etcd);
  const health = memberHealth(talos);
  const isKnown = health.state !== 'waiting' && health.state !== 'unknown';
  return {
    memberId: member?.id ?? status?.memberId ?? null,
    isLeader: status !== undefined && status.leaderId === status.memberId,
    isLearner: status?.isLearner ?? member?.isLearner ?? false,
    healthy: isKnown ? health.state === 'healthy' : null,
    dbSizeBytes: status?.dbSizeBytes ?? null,
  };
}

function statusKubernetes(
  { kubernetes }: Machine,
  { kubeNodes }: Snapshot,
): StatusMachine['kubernetes'] {
  if (kubernetes === null) return null;
  const isKnown = kubeNodes.state === 'fresh' && kubernetes.ready !== 'Unknown';
  return {
    ready: isKnown ? kubernetes.ready === 'True' : null,
    version: kubernetes.kubeletVersion,
    unschedulable: kubernetes.isUnschedulable,
  };
}

function statusEtcd(snapshot: Snapshot): StatusDocument['etcd'] {
  if (knownValue(snapshot.etcdMembers) === undefined) return null;
  const { voters, healthyVoters, quorum, canLose, leaderName, leaderId } = quorumState(snapshot);
  return {
    members: voters,
    healthy: healthyVoters,
    quorum,
    canLose,
    leader: leaderName ?? leaderId,
  };
}

function pendingCsrs(snapshot: Snapshot, context: CsrContext): StatusDocument['csrs']['pending'] {
  return (knownValue(snapshot.csrs) ?? [])
    .filter(({ state }) => state === 'pending')
    .map((csr) => {
      const { node, verdict, reasons } = assessCsr(csr, context);
      return {
        name: csr.name,
        node,
        ageMs: Math.max(0, context.nowMs - csr.createdAtMs),
        approvable: verdict === 'approvable',
        reasons: reasons.map(sanitise),
      };
    });
}

/** Of the newest verified one: a snapshot that failed its checks is none. */
function latestSnapshot({ catalogue, cluster }: Snapshot): string | null {
  const times = (knownValue(catalogue) ?? [])
    .filter((entry) => entry.isVerified && entry.cluster === cluster.name)
    .map(({ takenAtMs }) => takenAtMs);
  return times.length === 0 ? null : new Date(Math.max(...times)).toISOString();
}
