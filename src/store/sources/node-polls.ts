import type { SystemSample, TalosClient } from '../../clients/types.js';
import type { OperatorError } from '../../model/errors.js';
import { NO_LEADER } from '../../model/etcd-layer.js';
import type { IpAddress } from '../../model/ids.js';
import { freshValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { EtcdMemberStatus, NodeUsage, TalosNode } from '../../model/talos.js';
import { createPoll, type Poll } from '../poll.js';
import { isLookedAt } from './looked-at.js';
import { into, isIdentified, readFacts, usageBetween } from './node-facts.js';
import { appended, type NodeSlots } from './node-slots.js';
import type { WatchScope } from './node-watches.js';
import { paced, type SourceContext, snapshotOf } from './types.js';

export interface NodePollOptions {
  readonly context: SourceContext;
  readonly client: TalosClient;
  readonly address: IpAddress;
  readonly slots: NodeSlots;
  readonly scope: () => WatchScope;
}

/** What is asked of one node again and again. Each poll has its own slots and its own failures. */
export interface NodePolls {
  readonly facts: Poll;
  readonly services: Poll;
  readonly usage: Poll;
  readonly etcd: Poll;
}

const FACTS_MS = 5 * 60_000;
const FACTS_OF_A_STARTING_NODE_MS = 10_000;
const ETCD_MS = 10_000;
/** etcd elects within a second or two (Talos' election timeout is 1 s): what was read meanwhile is soon wrong. */
const ELECTION_MS = 1_500;
const APART_MS = 1_000;
/** A quorum that is lost for good is not asked after that often. */
const MOST_ELECTION_POLLS = 10;
const USAGE_MS = 10_000;
/** Two calls for every sample of every node are most of what the console does at rest beside a large cluster. */
const USAGE_OF_ONE_AMONG_MANY_MS = 30_000;
const MANY_NODES = 30;
/** A ratio needs two samples: the second one is taken soon. */
const SECOND_SAMPLE_MS = 2_000;
/** More than the client's own limits, so that its better worded errors come first. */
const TIMEOUT_MS = 9_000;

export function createNodePolls(options: NodePollOptions): NodePolls {
  const { context, client, address, slots, scope } = options;
  const { byName } = slots;
  const poll = (
    everyMs: () => number,
    read: (signal: AbortSignal) => Promise<void>,
    onError: (error: OperatorError) => void,
  ) =>
    createPoll<void>({
      clock: context.clock,
      random: context.random,
      subject: address,
      timeoutMs: TIMEOUT_MS,
      everyMs,
      read,
      onValue: () => {},
      onError,
    });
  const readUsage = usageReader(options);
  const election = electionOf(options);

  return {
    facts: poll(
      () => (isIdentified(slots.node()) ? FACTS_MS : FACTS_OF_A_STARTING_NODE_MS),
      (signal) => readFacts(client, address, slots, scope().detail, signal),
      (error) => {
        byName.identity.fail(error);
        byName.image.fail(error);
      },
    ),
    services: poll(
      () => paced(context, scope().isControlPlane ? 10_000 : 30_000),
      (signal) => into(byName.services, signal, () => client.services(address, signal)),
      byName.services.fail,
    ),
    usage: poll(
      () => (readUsage.count() === 1 ? SECOND_SAMPLE_MS : paced(context, usageMs(options))),
      (signal) => into(byName.usage, signal, () => readUsage.read(signal)),
      byName.usage.fail,
    ),
    etcd: poll(
      () => (election.isOpen() ? ELECTION_MS : paced(context, ETCD_MS)),
      (signal) => readEtcd(options, signal, election),
      (error) => {
        byName.etcd.fail(error);
        byName.etcdMembers.fail(error);
      },
    ),
  };
}

function usageMs({ context, slots }: NodePollOptions): number {
  const isOneAmongMany =
    snapshotOf(context).talosNodes.size > MANY_NODES &&
    !isLookedAt(slots.node(), context.attention().node);
  return isOneAmongMany ? USAGE_OF_ONE_AMONG_MANY_MS : USAGE_MS;
}

function usageReader({ client, address, slots }: NodePollOptions) {
  let previous: SystemSample | null = null;
  let count = 0;
  return {
    count: () => count,
    async read(signal: AbortSignal): Promise<NodeUsage> {
      const sample = await client.systemSample(address, signal);
      const usage = usageBetween(previous, sample);
      previous = sample;
      count += 1;
      slots.remember(withUsage(slots.node().history, usage));
      return usage;
    },
  };
}

type History = TalosNode['history'];

function withUsage(history: History, usage: NodeUsage): Partial<History> {
  const { cpuRatio, memoryUsedBytes, memoryTotalBytes } = usage;
  const memoryRatio = memoryTotalBytes > 0 ? memoryUsedBytes / memoryTotalBytes : null;
  return {
    ...(cpuRatio === null ? {} : { cpuRatio: appended(history.cpuRatio, cpuRatio) }),
    ...(memoryRatio === null ? {} : { memoryRatio: appended(history.memoryRatio, memoryRatio) }),
  };
}

interface Election {
  /** Tells the first sample without a leader from the next one. */
  readonly judge: (status: EtcdMemberStatus) => EtcdMemberStatus;
  /** The node is to be asked again soon. */
  readonly isOpen: () => boolean;
}

/** Members that see no leader, or not the one that the others see, are between two leaders. */
function electionOf({ context, slots }: NodePollOptions): Election {
  let leaderlessSinceMs: number | null = null;
  let soon = 0;
  return {
    judge(status) {
      if (status.leaderId !== NO_LEADER) {
        leaderlessSinceMs = null;
        return status;
      }
      const nowMs = context.clock.now();
      leaderlessSinceMs ??= nowMs;
      // Two samples of one moment are one: the others' change may have had it asked again at once.
      return nowMs - leaderlessSinceMs < APART_MS ? { ...status, isElecting: true } : status;
    },
    isOpen() {
      const own = freshValue(slots.node().etcd);
      const isUnsettled =
        own !== undefined && (own.leaderId === NO_LEADER || isDisputed(own, snapshotOf(context)));
      soon = isUnsettled ? soon + 1 : 0;
      return soon > 0 && soon <= MOST_ELECTION_POLLS;
    },
  };
}

const isDisputed = ({ leaderId }: EtcdMemberStatus, { talosNodes }: Snapshot): boolean =>
  [...talosNodes.values()].some(({ etcd }) => {
    const other = freshValue(etcd);
    return other !== undefined && other.leaderId !== leaderId;
  });

async function readEtcd(
  { client, address, slots }: NodePollOptions,
  signal: AbortSignal,
  { judge }: Election,
): Promise<void> {
  const { etcd, etcdMembers } = slots.byName;
  await Promise.all([
    into(etcd, signal, async () => {
      const status = judge(await client.etcdStatus(address, signal));
      const { dbSizeBytes } = slots.node().history;
      slots.remember({ dbSizeBytes: appended(dbSizeBytes, status.dbSizeBytes) });
      return status;
    }),
    into(etcdMembers, signal, () => client.etcdMembers(address, signal)),
  ]);
}
