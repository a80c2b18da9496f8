import { type EtcdMember, quorumOf } from '../../model/etcd.js';
import { type MemberHealth, memberHealth } from '../../model/etcd-layer.js';
import type { IpAddress } from '../../model/ids.js';
import { freshValue, knownValue, mapReading } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { EtcdMemberStatus, TalosNode } from '../../model/talos.js';
import type { Vote } from '../gates/etcd.js';
import type { SnapshotSource } from './target.js';

/** A control plane that a snapshot could come from. */
export interface Candidate {
  readonly address: IpAddress;
  readonly name: string;
  readonly member: EtcdMember;
  readonly health: MemberHealth;
}

export interface HealthyCandidate extends Candidate {
  readonly status: EtcdMemberStatus;
}

/** Members that a node proves to be by its own member id; undefined without a fresh member list. */
export function candidates(snapshot: Snapshot): readonly Candidate[] | undefined {
  const members = freshValue(snapshot.etcdMembers);
  if (members === undefined) return undefined;
  return [...snapshot.talosNodes.values()].flatMap((node) => {
    const member = members.find(({ id }) => id === knownValue(node.etcd)?.memberId);
    return member === undefined
      ? []
      : [
          {
            address: node.address,
            // Not the node's own answer: the name is part of what is confirmed and must not depend on timing.
            name: member.hostname || node.address,
            member,
            health: memberHealth(ignoringNospace(node)),
          },
        ];
  });
}

/**
 * A full database is a reason to take a snapshot, not against it: reads go on, and the alarm is reported by
 * every member as its own error (etcd: maintenance Status).
 */
const ignoringNospace = (node: TalosNode): TalosNode => ({
  ...node,
  etcd: mapReading(node.etcd, (status) => ({
    ...status,
    errors: status.errors.filter((error) => !error.includes('NOSPACE')),
  })),
});

export const healthyOf = (all: readonly Candidate[]): readonly HealthyCandidate[] =>
  all.flatMap((candidate) =>
    candidate.health.state === 'healthy' && !candidate.member.isLearner
      ? [{ ...candidate, status: candidate.health.status }]
      : [],
  );

export const sourceOf = ({ address, name, member, status }: HealthyCandidate): SnapshotSource => ({
  address,
  name,
  memberId: member.id,
  dbSizeBytes: status.dbSizeBytes,
  etcdVersion: status.protocolVersion,
});

export const isNamed =
  (wanted: string) =>
  ({ address, name }: Candidate): boolean =>
    address === wanted || name === wanted;

export const isLeader = ({ status }: HealthyCandidate): boolean =>
  status.leaderId === status.memberId;

/** A follower, so that the leader keeps its disk for itself; the leader when there is no other. */
export const preferred = (healthy: readonly HealthyCandidate[]): HealthyCandidate | undefined =>
  healthy.find((candidate) => !isLeader(candidate)) ?? healthy[0];

export function voteOf(snapshot: Snapshot, all: readonly Candidate[]): Vote {
  const voters = (freshValue(snapshot.etcdMembers) ?? []).filter(({ isLearner }) => !isLearner);
  const voting = all.filter(({ member }) => !member.isLearner);
  const count = (...states: readonly MemberHealth['state'][]) =>
    voting.filter(({ health }) => states.includes(health.state)).length;
  return {
    voters: voters.length,
    healthy: count('healthy'),
    ill: count('unhealthy', 'unreachable', 'unknown'),
    quorum: quorumOf(voters.length),
  };
}
