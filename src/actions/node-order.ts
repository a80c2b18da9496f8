import { formatCount } from '../model/format.js';
import type { IpAddress, NodeName } from '../model/ids.js';
import { machinesOf } from '../model/machines.js';
import { quorumState } from '../model/quorum.js';
import { freshValue, knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { vipStates } from '../model/vip.js';
import type { NodeTarget } from './node-target.js';
import type { PlanContext } from './types.js';

export interface OrderedTarget<T extends NodeTarget> {
  readonly target: T;
  /** Why it has this place. */
  readonly reason: string;
}

/**
 * One after the other (operations A2): control planes first, the holder of the virtual address after the other
 * followers, the leader of etcd last; then workers, the least loaded first, and last what runs on the host that
 * this program runs on.
 */
export function orderTargets<T extends NodeTarget>(
  { snapshot, facts }: Pick<PlanContext, 'snapshot' | 'facts'>,
  targets: readonly T[],
): readonly OrderedTarget<T>[] {
  const leader = leaderAddress(snapshot);
  const holders = new Set(vipStates(snapshot).map(({ holderAddress }) => holderAddress));
  const pods = podCounts(facts);
  const host = ownHost(snapshot);
  const isOnly = quorumState(snapshot).voters === 1;
  // Where all are beside this program none is special.
  const own = targets.every(({ vm }) => vm?.pveNode === host) ? null : host;
  const ranked = targets.map((target, index) => {
    const { address, name, role, vm } = target;
    const isOwn = own !== null && vm?.pveNode === own;
    if (role === 'control-plane') {
      const isLeader = address === leader;
      const isHolder = holders.has(address);
      const reason = isOnly
        ? 'the only control plane'
        : isLeader
          ? 'leader of etcd: last of the control planes'
          : isHolder
            ? 'follower, holds the virtual address'
            : 'follower';
      return {
        target,
        reason,
        rank: [0, Number(isOwn), Number(isLeader), Number(isHolder), index],
      };
    }
    const count = pods?.get(name) ?? 0;
    const load = pods === null ? 'worker' : `worker with ${formatCount(count, 'pod')}`;
    const reason = isOwn ? `${load}, on the host of this program: last` : load;
    return { target, reason, rank: [1, Number(isOwn), count, 0, index] };
  });
  return ranked
    .toSorted((a, b) => compareRanks(a.rank, b.rank))
    .map(({ target, reason }) => ({ target, reason }));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function leaderAddress(snapshot: Snapshot): IpAddress | null {
  const { leaderId } = quorumState(snapshot);
  return leaderId === null
    ? null
    : (machinesOf(snapshot).find(({ member }) => member?.id === leaderId)?.talos?.address ?? null);
}

function podCounts({ inspection }: PlanContext['facts']): ReadonlyMap<NodeName, number> | null {
  const kube = freshValue(inspection.kube);
  if (kube === undefined) return null;
  const counts = new Map<NodeName, number>();
  for (const { node } of kube.pods) {
    if (node !== null) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

/** The Proxmox host that this program runs on; null elsewhere. */
function ownHost({ host }: Snapshot): string | null {
  const facts = knownValue(host);
  return facts?.isPveHost === true ? facts.hostname : null;
}
