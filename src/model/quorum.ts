import { type EtcdAlarm, type EtcdMember, quorumOf } from './etcd.js';
import { type MemberHealth, memberHealth, NO_LEADER } from './etcd-layer.js';
import { formatList } from './format.js';
import { machinesOf } from './machines.js';
import { freshValue, knownValue } from './reading.js';
import { sanitise } from './sanitise.js';
import type { Snapshot } from './snapshot.js';

/** One voter or learner and how it does. */
export interface MemberState {
  readonly member: EtcdMember;
  readonly name: string;
  readonly health: MemberHealth;
}

/** etcd as a whole (operations reference 2.6). */
export interface QuorumState {
  readonly level: 'ok' | 'warn' | 'fail' | 'unknown';
  /** `3 of 3 healthy, can lose 1`, `quorum lost: 1 of 3 healthy, needs 2`, `unknown: …`. */
  readonly sentence: string;
  /** null when no answer allows to say it. */
  readonly hasQuorum: boolean | null;
  /** Members with a vote; 0 while no list was read. */
  readonly voters: number;
  readonly learners: number;
  readonly healthyVoters: number;
  readonly quorum: number;
  readonly canLose: number;
  /** The one that every healthy member names; null when none, unknown or disputed. */
  readonly leaderId: string | null;
  readonly leaderName: string | null;
  readonly members: readonly MemberState[];
  readonly alarms: readonly EtcdAlarm[];
  /** What keeps a control plane from being taken down besides the arithmetic, in plain words. */
  readonly problems: readonly string[];
}

const derived = new WeakMap<Snapshot, QuorumState>();

export function quorumState(snapshot: Snapshot): QuorumState {
  const known = derived.get(snapshot);
  if (known !== undefined) return known;
  const state = derive(snapshot);
  derived.set(snapshot, state);
  return state;
}

/** Healthy voters that may go while a majority stays; 0 when there is none to spare. */
export const votersToSpare = (voters: number, healthyVoters: number): number =>
  Math.max(0, healthyVoters - quorumOf(voters));

/** "May take one healthy member down": H − 1 ≥ Q. Never true for one or two voters. */
export const mayLoseOne = (voters: number, healthyVoters: number): boolean =>
  voters > 0 && healthyVoters - 1 >= quorumOf(voters);

/** "May remove a dead member": quorum exists now, and still does in the smaller list. */
export const mayRemoveDead = (voters: number, healthyVoters: number): boolean =>
  voters > 1 && healthyVoters >= quorumOf(voters) && healthyVoters >= quorumOf(voters - 1);

function derive(snapshot: Snapshot): QuorumState {
  const members = memberStates(snapshot);
  const voters = members.filter(({ member }) => !member.isLearner);
  const count = (state: MemberHealth['state']) =>
    voters.filter(({ health }) => health.state === state).length;
  const healthyVoters = count('healthy');
  const voting = voters.filter(({ health }) => isVoting(health)).length;
  const quorum = quorumOf(voters.length);
  const isCurrent = snapshot.etcdMembers.state === 'fresh';
  // Those that were not read may vote.
  const unread = count('waiting') + count('unknown');
  const isElecting = isElectionOpen(voters, { voting, quorum, unread });
  const hasQuorum =
    voters.length === 0
      ? leaderlessEverywhere(snapshot)
      : isCurrent && voting >= quorum
        ? true
        : voting + unread < quorum && !isElecting
          ? false
          : null;
  const leaderId = agreedLeader(members);
  const alarms = knownValue(snapshot.etcdAlarms) ?? [];
  const figures = {
    hasQuorum,
    voters: voters.length,
    learners: members.length - voters.length,
    healthyVoters,
    quorum,
    canLose: hasQuorum === true ? votersToSpare(voters.length, healthyVoters) : 0,
  };
  const problems = problemsOf(snapshot, members, alarms);
  return {
    ...figures,
    level: levelOf(figures, problems.length, alarms.length, isCurrent),
    sentence:
      hasQuorum === null && isElecting
        ? 'unknown: electing a leader'
        : sentenceOf(figures, snapshot),
    leaderId,
    leaderName: members.find(({ member }) => member.id === leaderId)?.name ?? null,
    members,
    alarms,
    problems,
  };
}

/**
 * Enough members answer, and what they say was taken at different sides of an election: one still names a leader
 * that another misses, or misses it for the first time.
 */
function isElectionOpen(
  voters: readonly MemberState[],
  { voting, quorum, unread }: Readonly<Record<'voting' | 'quorum' | 'unread', number>>,
): boolean {
  const leaderless = voters.flatMap(({ health }) =>
    health.state === 'unhealthy' ? (health.leaderless ?? []) : [],
  );
  const isUnsettled = voting > 0 || leaderless.includes('election');
  return leaderless.length > 0 && isUnsettled && voting + leaderless.length + unread >= quorum;
}

const isVoting = (health: MemberHealth): boolean =>
  health.state === 'healthy' || (health.state === 'unhealthy' && health.isVoting);

type Figures = Pick<
  QuorumState,
  'hasQuorum' | 'voters' | 'learners' | 'healthyVoters' | 'quorum' | 'canLose'
>;

function memberStates(snapshot: Snapshot): readonly MemberState[] {
  const machines = new Map(
    machinesOf(snapshot).flatMap((each) => (each.member ? [[each.member.id, each]] : [])),
  );
  return (knownValue(snapshot.etcdMembers) ?? []).map((member) => {
    const machine = machines.get(member.id);
    return {
      member,
      name: machine?.name ?? sanitise(member.hostname || member.id),
      health: memberHealth(machine?.talos ?? null),
    };
  });
}

function sentenceOf(figures: Figures, { etcdMembers }: Snapshot): string {
  const { hasQuorum, voters, healthyVoters, quorum, canLose } = figures;
  const healthy = `${healthyVoters} of ${voters} healthy`;
  if (hasQuorum === true) return `${healthy}, can lose ${canLose}`;
  if (hasQuorum === false) {
    return voters === 0
      ? 'quorum lost: no control plane sees a leader'
      : `quorum lost: ${healthy}, needs ${quorum}`;
  }
  switch (etcdMembers.state) {
    case 'waiting':
      return 'unknown: no answer yet';
    case 'failed':
      return `unknown: the member list cannot be read: ${sanitise(etcdMembers.error.message)}`;
    case 'stale':
      return `unknown: the member list is out of date: ${sanitise(etcdMembers.error.message)}`;
    case 'fresh':
      return voters === 0
        ? 'unknown: the member list is empty'
        : `unknown: only ${healthyVoters} of ${voters} could be read`;
  }
}

function levelOf(
  { hasQuorum, voters, healthyVoters }: Figures,
  problems: number,
  alarms: number,
  isCurrent: boolean,
): QuorumState['level'] {
  if (hasQuorum === false || alarms > 0) return 'fail';
  if (hasQuorum === null || !isCurrent) return 'unknown';
  // Two voters tolerate nothing and fail twice as often as one.
  return healthyVoters < voters || voters === 2 || problems > 0 ? 'warn' : 'ok';
}

/** Without any member list: false when control planes answer and every one of them misses a leader. */
function leaderlessEverywhere(snapshot: Snapshot): false | null {
  const statuses = [...snapshot.talosNodes.values()].flatMap(({ etcd }) => freshValue(etcd) ?? []);
  return statuses.length > 0 &&
    statuses.every(({ leaderId, isElecting }) => leaderId === NO_LEADER && isElecting !== true)
    ? false
    : null;
}

/** Of the newest term only: who was asked before an election names the former leader. */
function leadersOf(members: readonly MemberState[]): ReadonlySet<string> {
  const statuses = members.flatMap(({ health }) =>
    health.state === 'healthy' ? [health.status] : [],
  );
  const term = Math.max(...statuses.map(({ raftTerm }) => raftTerm));
  return new Set(
    statuses.filter(({ raftTerm }) => raftTerm === term).map(({ leaderId }) => leaderId),
  );
}

function agreedLeader(members: readonly MemberState[]): string | null {
  const leaders = [...leadersOf(members)];
  return leaders.length === 1 ? (leaders[0] ?? null) : null;
}

function problemsOf(
  snapshot: Snapshot,
  members: readonly MemberState[],
  alarms: readonly EtcdAlarm[],
): readonly string[] {
  const nameOf = (id: string) => members.find(({ member }) => member.id === id)?.name ?? id;
  const learners = members.filter(({ member }) => member.isLearner).map(({ name }) => name);
  const unstarted = members.filter(({ member }) => member.hostname === '');
  return [
    ...alarms.map(({ alarm, memberId }) => `alarm ${alarm} on ${nameOf(memberId)}`),
    ...listDifference(snapshot),
    ...(leadersOf(members).size > 1 ? ['members name different leaders'] : []),
    ...unstarted.map(({ member }) => `member ${member.id} never started`),
    ...(learners.length > 0 ? [`${formatList(learners)} still learning, without a vote`] : []),
    ...(snapshot.etcdAlarms.state === 'failed' ? ['alarms cannot be read'] : []),
  ];
}

/** Every control plane must report the same members: else the cluster is split or there are two. */
function listDifference({ talosNodes }: Snapshot): readonly string[] {
  const lists = [...talosNodes.values()].flatMap(({ address, etcdMembers }) => {
    const members = freshValue(etcdMembers);
    return members
      ? [
          {
            address,
            ids: members
              .map(({ id }) => id)
              .sort()
              .join(),
          },
        ]
      : [];
  });
  const first = lists[0];
  const other = lists.find(({ ids }) => ids !== first?.ids);
  return first && other
    ? [`${first.address} and ${other.address} report different member lists`]
    : [];
}
