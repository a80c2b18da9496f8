import type { TalosClient } from '../../clients/types.js';
import type { IpAddress } from '../../model/ids.js';
import { freshValue, knownValue, type Reading, readingError } from '../../model/reading.js';
import type { MachineType, TalosMember, TalosNode } from '../../model/talos.js';
import type { Poll } from '../poll.js';
import { createNodePolls, type NodePolls } from './node-polls.js';
import { createNodeSlots, type NodeSlotName, type NodeSlots } from './node-slots.js';
import { createNodeWatches, type WatchScope } from './node-watches.js';
import { createPulse, PULSE_MS } from './pulse.js';
import type { SourceContext } from './types.js';

/** Everything of one Talos node. Its failures stay its own. */
export interface TalosNodeSource {
  readonly address: IpAddress;
  readonly node: () => TalosNode;
  readonly members: () => Reading<readonly TalosMember[]>;
  readonly isControlPlane: () => boolean;
  readonly start: () => void;
  readonly stop: () => void;
  readonly refresh: () => void;
  /** Another member told of an election or an illness: what this one says now counts. */
  readonly askEtcd: () => void;
  readonly isSettled: () => boolean;
  /** What the discovery list says of it, until the node itself says so. */
  readonly expectType: (type: MachineType) => void;
  readonly setDetail: (detail: WatchScope['detail']) => void;
}

export interface TalosNodeOptions {
  readonly context: SourceContext;
  readonly client: TalosClient;
  readonly address: IpAddress;
  /** Talos endpoints are control planes, as long as nobody says otherwise. */
  readonly expectedType: MachineType;
  /** More than the age of this slot changed. */
  readonly onChange: (name: NodeSlotName | 'members') => void;
}

const ALWAYS: readonly NodeSlotName[] = ['version', 'status', 'identity', 'image'];
const DETAILS: readonly NodeSlotName[] = ['addresses', 'links', 'services', 'usage'];
const CONTROL_PLANE: readonly NodeSlotName[] = ['vipOperators', 'etcd', 'etcdMembers'];

export function createTalosNodeSource(options: TalosNodeOptions): TalosNodeSource {
  const { context, client, address } = options;
  let { expectedType } = options;
  let detail: WatchScope['detail'] = 'full';
  let isSilent = false;
  let isStarted = false;

  const slots = createNodeSlots(address, context, (name) => react(name));
  const scope = (): WatchScope => scopeOf(slots.node(), expectedType, detail);
  const watches = createNodeWatches(client, address, slots, () => pulse.now());
  const polls = createNodePolls({ context, client, address, slots, scope });
  const react = createReaction(slots, polls, options, () => follow());
  const follow = () => {
    if (!isStarted) return;
    const current = scope();
    watches.follow(current);
    followPolls(polls, current, isSilent);
    if (current.isControlPlane) return;
    for (const name of CONTROL_PLANE) slots.byName[name].reset();
  };
  const pulse = createPulse({
    clock: context.clock,
    random: context.random,
    subject: address,
    everyMs: () => PULSE_MS,
    ask: (signal) => client.version(address, signal),
    onAlive(version) {
      slots.byName.version.ok(version);
      slots.heard();
      // Streams that broke meanwhile wait out a back-off of up to 15 s: the node is back, so they need not.
      if (isSilent && readingError(slots.node().status) !== undefined) watches.stop();
      isSilent = false;
      follow();
    },
    onSilent(error) {
      slots.silence(fedSlots(scope()), error);
      isSilent = true;
      follow();
    },
    onRefused: (error) => slots.byName.version.fail(error),
  });

  return {
    address,
    node: slots.node,
    members: slots.members.reading,
    isControlPlane: () => scope().isControlPlane,
    start() {
      isStarted = true;
      pulse.start();
      follow();
    },
    stop() {
      isStarted = false;
      for (const part of [pulse, watches, ...Object.values(polls)]) part.stop();
    },
    refresh() {
      pulse.now();
      // Of a big cluster only what is looked at is read anew.
      if (scope().detail === 'full') for (const poll of Object.values(polls)) poll.now();
    },
    askEtcd: polls.etcd.now,
    isSettled: () => isSettled(slots, scope()),
    expectType(type) {
      if (expectedType === type) return;
      expectedType = type;
      follow();
    },
    setDetail(next) {
      if (detail === next) return;
      detail = next;
      follow();
      if (next === 'lean') polls.facts.now();
    },
  };
}

/** A control plane is always followed in full: quorum and the virtual address depend on it. */
function scopeOf(
  node: TalosNode,
  expectedType: MachineType,
  detail: WatchScope['detail'],
): WatchScope {
  const own = knownValue(node.identity)?.machineType ?? 'unknown';
  const type = own === 'unknown' ? expectedType : own;
  const isControlPlane = type === 'controlplane' || type === 'init';
  return { isControlPlane, detail: isControlPlane ? 'full' : detail };
}

/** The slots that a scope fills: all others stay 'waiting' for good. */
const fedSlots = ({ detail, isControlPlane }: WatchScope): readonly NodeSlotName[] => [
  ...ALWAYS,
  ...(detail === 'full' ? DETAILS : []),
  ...(isControlPlane ? CONTROL_PLANE : []),
];

const isSettled = (slots: NodeSlots, scope: WatchScope): boolean =>
  fedSlots(scope).every((name) => slots.node()[name].state !== 'waiting') &&
  // The next sample tells an election from a lost quorum.
  freshValue(slots.node().etcd)?.isElecting !== true;

/** A node that does not answer its pulse is not asked anything else. */
function followPolls(polls: NodePolls, scope: WatchScope, isSilent: boolean): void {
  const wanted: readonly (readonly [Poll, boolean])[] = [
    [polls.facts, true],
    [polls.services, scope.detail === 'full'],
    [polls.usage, scope.detail === 'full'],
    [polls.etcd, scope.isControlPlane],
  ];
  for (const [poll, isWanted] of wanted) {
    if (isWanted && !isSilent) poll.start();
    else poll.stop();
  }
}

/** What one slot's news means for the others. */
function createReaction(
  slots: NodeSlots,
  polls: NodePolls,
  { onChange }: TalosNodeOptions,
  follow: () => void,
): (name: NodeSlotName | 'members') => void {
  let stage: string | undefined;
  return (name) => {
    onChange(name);
    if (name === 'identity') follow();
    if (name !== 'status') return;
    const next = freshValue(slots.node().status)?.stage;
    // After another stage (maintenance, install, boot) name, type, addresses and image may be others.
    if (next !== undefined && stage !== undefined && next !== stage) {
      polls.facts.now();
      polls.etcd.now();
      polls.services.now();
    }
    stage = next ?? stage;
  };
}
