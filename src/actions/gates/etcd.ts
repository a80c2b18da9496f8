import { type EtcdMember, quorumOf } from '../../model/etcd.js';
import { formatCount, formatList } from '../../model/format.js';
import type { MemberId } from '../../model/ids.js';
import { type MemberState, quorumState } from '../../model/quorum.js';
import { freshValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { EtcdMemberStatus } from '../../model/talos.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  whenFresh,
} from './judge.js';
import { machineAt } from './machines.js';

export interface Vote {
  readonly voters: number;
  readonly healthy: number;
  /** Known not to vote. */
  readonly ill: number;
  readonly quorum: number;
}

/** G-ETCD for what only reads etcd: a majority answers. What takes a member down needs more than this. */
export function quorumGate({ voters, healthy, ill, quorum }: Vote): Gate {
  const unheard = voters - healthy - ill;
  const state = healthy >= quorum ? 'green' : healthy + unheard >= quorum ? 'unknown' : 'red';
  return {
    id: 'G-ETCD',
    title: 'etcd has its quorum',
    state,
    text: `${healthy} of ${formatCount(voters, 'voter')} healthy, ${quorum} needed${unheard === 0 ? '' : `, ${unheard} not heard of`}`,
    remedy: 'Start the control planes that are down, then look at screen 2.',
    override: 'no',
  };
}

/** A learner is on its way by itself: where it holds things up nothing is to be repaired or added. */
function remedyFor(snapshot: Snapshot, isOneOfTwo: boolean): string {
  const learners = quorumState(snapshot).members.flatMap(({ name, member }) =>
    member.isLearner ? [name] : [],
  );
  const isIll = (each: MemberState): boolean => !isHealthy(each) && !isUnheard(each);
  if (learners.length > 0 && !votersOf(snapshot).some(isIll)) {
    return `Wait until ${formatList(learners)} ${learners.length === 1 ? 'votes: it is a learner' : 'vote: they are learners'}. Screen 2 shows how far etcd is.`;
  }
  return isOneOfTwo ? 'Add a third control plane first.' : 'Repair etcd first: look at screen 2.';
}

/**
 * G-ETCD for taking machines down, one after the other (operations 2.6): a majority of healthy voters stays while
 * any one of them is away, and the cluster of members is settled. One voter alone is an outage, said as such; of
 * two none can be spared.
 */
export function etcdGate(context: PlanContext, taking: readonly NodeTarget[]): Gate {
  const taken = taking.filter(({ role }) => role === 'control-plane');
  const voters = votersOf(context.snapshot);
  const arithmetic = together([
    ...taken.map((target) => takingObjections(context, target, voters)),
    ...(taken.length === 0 ? [leftObjections(voters, quorumOf(voters.length), '')] : []),
  ]);
  const isSafe =
    context.snapshot.etcdMembers.state === 'fresh' &&
    arithmetic.red.length === 0 &&
    arithmetic.unknown.length === 0;
  const isOutage = taken.length > 0 && voters.length === 1;
  return judge(
    {
      id: 'G-ETCD',
      title: taken.length === 0 ? 'etcd has its quorum' : 'etcd keeps its quorum',
      remedy: remedyFor(context.snapshot, taken.length > 0 && voters.length === 2),
      override: isSafe || isOutage ? 'type' : 'no',
    },
    together([
      arithmetic,
      listObjections(context.snapshot),
      ...(taken.length === 0
        ? [agreementObjections(context.snapshot, voters)]
        : taken.map((target) =>
            agreementObjections(context.snapshot, without(voters, memberAt(context, target))),
          )),
    ]),
    isOutage
      ? 'one voter: taking it down is a declared outage of etcd and the Kubernetes API'
      : healthText(voters, taken.length > 0),
  );
}

/** G-ETCD after a member was away: every voter is back and healthy, and nothing is left to settle. */
export function etcdSettledGate({ snapshot }: PlanContext): Gate {
  const voters = votersOf(snapshot);
  return judge(
    {
      id: 'G-ETCD',
      title: 'Every etcd member is healthy',
      remedy: remedyFor(snapshot, false),
      override: 'type',
    },
    together([
      leftObjections(voters, voters.length, ''),
      listObjections(snapshot),
      agreementObjections(snapshot, voters),
    ]),
    healthText(voters, false),
  );
}

const votersOf = (snapshot: Snapshot): readonly MemberState[] =>
  quorumState(snapshot).members.filter(({ member }) => !member.isLearner);

const isHealthy = ({ health }: MemberState): boolean => health.state === 'healthy';

/** It may turn out to be healthy. */
const isUnheard = ({ health }: MemberState): boolean =>
  health.state === 'waiting' || health.state === 'unknown';

function healthText(voters: readonly MemberState[], isTaking: boolean): string {
  const healthy = voters.filter(isHealthy).length;
  const spare = isTaking ? `, ${quorumOf(voters.length)} needed while one is away` : '';
  return `${healthy} of ${formatCount(voters.length, 'voter')} healthy${spare}`;
}

const memberAt = (context: PlanContext, { address }: NodeTarget): EtcdMember | null =>
  machineAt(context, address)?.member ?? null;

/** One voter alone is all there is, taken or not. */
const without = (
  voters: readonly MemberState[],
  taken: EtcdMember | null,
): readonly MemberState[] =>
  voters.length === 1 ? voters : voters.filter(({ member }) => member.id !== taken?.id);

function takingObjections(
  context: PlanContext,
  target: NodeTarget,
  voters: readonly MemberState[],
): Objections {
  if (voters.length === 2) {
    return red(`two voters: without ${target.name} etcd stops, and with it Kubernetes`);
  }
  const member = memberAt(context, target);
  if (member === null) return unknown(`which etcd member ${target.name} is, is not known`);
  const [only] = voters;
  if (voters.length === 1 && only !== undefined) {
    return leftObjections([only], 1, '');
  }
  return leftObjections(
    without(voters, member),
    quorumOf(voters.length),
    ` without ${target.name}`,
  );
}

/** Whether `needed` of these are healthy; not known while unheard ones could make up for it. */
function leftObjections(staying: readonly MemberState[], needed: number, when: string): Objections {
  const healthy = staying.filter(isHealthy).length;
  if (staying.length > 0 && healthy >= needed) return NO_OBJECTIONS;
  const ill = staying.filter((each) => !isHealthy(each)).map(illness);
  const why = ill.length === 0 ? '' : ` (${formatList(ill)})`;
  const text = `${formatCount(healthy, 'healthy voter')}${when}, ${needed} needed${why}`;
  const isOpen = healthy + staying.filter(isUnheard).length >= needed;
  return isOpen || staying.length === 0 ? unknown(text) : red(text);
}

const illness = ({ name, health }: MemberState): string =>
  'reason' in health ? `${name} ${health.state}: ${health.reason}` : `${name} has not answered yet`;

/** Nobody joins, nobody is missing, and no alarm is raised. */
function listObjections(snapshot: Snapshot): Objections {
  const voters = votersOf(snapshot);
  return together([
    whenFresh('the list of etcd members', snapshot.etcdMembers, (members) =>
      red(
        ...members
          .filter(({ isLearner }) => isLearner)
          .map(({ hostname, id }) => `${hostname || id} is still a learner`),
        ...members
          .filter(({ hostname }) => hostname === '')
          .map(({ id }) => `member ${id} never started`),
      ),
    ),
    whenFresh('the list of etcd alarms', snapshot.etcdAlarms, (alarms) =>
      red(...alarms.map(({ alarm, memberId }) => `alarm ${alarm} on ${nameOf(voters, memberId)}`)),
    ),
  ]);
}

const nameOf = (voters: readonly MemberState[], id: MemberId): string =>
  voters.find(({ member }) => member.id === id)?.name ?? id;

/** Those who stay follow one leader in one term, keep up, and list the same members. */
function agreementObjections(snapshot: Snapshot, staying: readonly MemberState[]): Objections {
  const statuses = staying.flatMap(({ name, health }) =>
    health.state === 'healthy' ? [{ name, status: health.status }] : [],
  );
  const terms = new Set(statuses.map(({ status }) => status.raftTerm));
  const leaders = new Set(statuses.map(({ status }) => status.leaderId));
  return together([
    red(
      ...(terms.size > 1 ? ['members are in different raft terms'] : []),
      ...(leaders.size > 1 ? ['members name different leaders'] : []),
      ...statuses.filter(({ status }) => isBehind(status)).map(({ name }) => `${name} lags behind`),
    ),
    ...statuses.map(({ name, status }) => ownListObjections(snapshot, name, status.memberId)),
  ]);
}

const idsOf = (members: readonly EtcdMember[]): string =>
  members
    .map(({ id }) => id)
    .toSorted()
    .join();

/** A member that lists others is on the other side of a split, or of a second cluster. */
function ownListObjections(
  { talosNodes, etcdMembers }: Snapshot,
  name: string,
  memberId: string,
): Objections {
  const node = [...talosNodes.values()].find(({ etcd }) => freshValue(etcd)?.memberId === memberId);
  const listed = freshValue(etcdMembers);
  return whenFresh(`the member list of ${name}`, node?.etcdMembers, (own) =>
    listed === undefined || idsOf(own) === idsOf(listed)
      ? NO_OBJECTIONS
      : red(`${name} lists other etcd members`),
  );
}

const LEAST_LAG = 1000;
const LAG_RATIO = 0.01;

/** Applied less than it has received: it is busy or slow, and would be missed (operations 2.6). */
const isBehind = ({ raftIndex, raftAppliedIndex }: EtcdMemberStatus): boolean =>
  raftIndex - raftAppliedIndex > Math.max(LEAST_LAG, raftIndex * LAG_RATIO);
