import { isIP } from 'node:net';
import type { TalosClient } from '../../clients/types.js';
import { ClientError, OperatorError } from '../../model/errors.js';
import type { EtcdAlarm } from '../../model/etcd.js';
import { asIpAddress, type IpAddress } from '../../model/ids.js';
import { freshValue, type Reading, readingError } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { TalosNode } from '../../model/talos.js';
import { chooseReading } from '../choose-reading.js';
import { keepEqual } from '../keep-equal.js';
import { createPoll } from '../poll.js';
import { createSlot } from '../slot.js';
import { createTalosNodes, type TalosNodes } from './talos-nodes.js';
import { paced, type Source, type SourceContext, snapshotOf } from './types.js';

export interface TalosSourceOptions {
  /** Endpoints and nodes of the talosconfig: `10.0.0.11`, `cp1.example.org:50000`, `[fd00::1]:50000`. */
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  /** Addresses of a DNS name; rejects when there are none. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
}

export interface TalosSource extends Source {
  /** Something else is looked at. */
  readonly attend: () => void;
}

const ALIGN_MS = 1_000;
const ALARMS_MS = 60_000;
const ALARMS_TIMEOUT_MS = 9_000;

/** Follows all nodes, and makes one cluster out of what its control planes report. */
export function createTalosSource(
  context: SourceContext,
  client: TalosClient,
  options: TalosSourceOptions,
): TalosSource {
  const nodes: TalosNodes = createTalosNodes(context, client, (change) => {
    combine();
    if (change === 'list') align();
    if (change === 'state') alignSoon();
    // etcd reports alarms as errors of every member, sooner than their own poll would.
    if (change === 'etcd') alarms.now();
  });
  const alarms = createAlarmPoll(context, client, nodes);
  let isStopped = false;
  let stopTimer: (() => void) | null = null;

  const combine = () => {
    const controlPlanes = nodes.controlPlanes();
    publish(
      context,
      'talosMembers',
      chooseReading(controlPlanes.map((source) => source.members())),
    );
    publish(
      context,
      'etcdMembers',
      chooseReading(controlPlanes.map((source) => source.node().etcdMembers)),
    );
    alarms.start();
  };
  const align = () => {
    const list = freshValue(snapshotOf(context).talosMembers);
    if (list !== undefined) nodes.align(list);
  };
  // A thousand nodes that come or go together are looked at once.
  const alignSoon = () => {
    stopTimer ??= context.clock.after(ALIGN_MS, () => {
      stopTimer = null;
      align();
    });
  };
  const begin = async () => {
    const { vip } = snapshotOf(context).cluster;
    for (const [names, type] of [
      [options.endpoints, 'controlplane'],
      [options.nodes, 'unknown'],
    ] as const) {
      const addresses = await resolveAll(names, options.resolve);
      if (isStopped) return;
      const usable = addresses.filter((address) => address !== vip);
      // Nothing but the virtual address: better than nothing, it leads to one node at least.
      for (const address of usable.length > 0 ? usable : addresses) nodes.add(address, type, true);
    }
    if (nodes.all().length === 0) await sayNothingToFollow(context, client, options);
  };

  return {
    tool: 'talos',
    start: () => void begin(),
    stop() {
      isStopped = true;
      stopTimer?.();
      nodes.stop();
      alarms.stop();
    },
    refresh() {
      for (const source of nodes.all()) source.refresh();
      alarms.now();
    },
    attend: nodes.attend,
    isSettled: () =>
      isTold(snapshotOf(context)) && nodes.all().every((source) => source.isSettled()),
  };
}

const isTold = ({ talosMembers, etcdMembers, etcdAlarms }: Snapshot): boolean =>
  [talosMembers, etcdMembers, etcdAlarms].every(({ state }) => state !== 'waiting');

/** Keeps what did not change: another control plane may report the same list. */
function publish<K extends 'talosMembers' | 'etcdMembers'>(
  { store }: SourceContext,
  slot: K,
  reading: Reading<unknown> & Snapshot[K],
): void {
  const former = store.current()[slot];
  const kept = keepEqual(former, reading);
  if (Object.is(former, kept)) return;
  const isOnlyOlder =
    'value' in former &&
    'value' in kept &&
    former.state === kept.state &&
    Object.is(former.value, kept.value);
  store.set(slot, kept, isOnlyOlder ? 'lazily' : 'soon');
}

/** Any control plane knows the alarms of all: the first one that answers is enough. */
function createAlarmPoll(context: SourceContext, client: TalosClient, nodes: TalosNodes) {
  const slot = createSlot<readonly EtcdAlarm[]>({
    clock: context.clock,
    kind: 'polled',
    publish: (reading, urgency) => context.store.set('etcdAlarms', reading, urgency),
  });
  return createPoll<readonly EtcdAlarm[]>({
    clock: context.clock,
    random: context.random,
    subject: 'etcd',
    everyMs: () => paced(context, slot.reading().state === 'fresh' ? ALARMS_MS : 10_000),
    timeoutMs: ALARMS_TIMEOUT_MS,
    async read(signal) {
      const candidates = nodes
        .controlPlanes()
        .toSorted((a, b) => Number(isIll(a.node())) - Number(isIll(b.node())));
      const [first] = candidates;
      if (first === undefined) throw noControlPlane();
      return await client.etcdAlarms(first.address, signal);
    },
    onValue: slot.ok,
    onError: slot.fail,
  });
}

const isIll = ({ version, etcd }: TalosNode): boolean =>
  readingError(version) !== undefined || readingError(etcd) !== undefined;

async function resolveAll(
  names: readonly string[],
  resolve: TalosSourceOptions['resolve'],
): Promise<readonly IpAddress[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const host = hostOf(name);
      if (isIP(host) !== 0) return [host];
      // A name that nobody knows is one endpoint less; the others go on.
      return await resolve(host).catch((): readonly string[] => []);
    }),
  );
  return [...new Set(found.flat())].map(asIpAddress);
}

function hostOf(endpoint: string): string {
  const bare = endpoint.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (isIP(bare) !== 0) return bare;
  return /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? bare.replace(/:\d+$/, '');
}

async function sayNothingToFollow(
  { store, clock }: SourceContext,
  client: TalosClient,
  { endpoints }: TalosSourceOptions,
): Promise<void> {
  const error =
    endpoints.length === 0
      ? await whyRefused(client)
      : new ClientError(
          'unreachable',
          `No address is known for ${endpoints.join(', ')}`,
          'Check the names, or put addresses into the endpoints of the talosconfig.',
        );
  for (const slot of ['talosMembers', 'etcdMembers', 'etcdAlarms'] as const) {
    store.set(slot, { state: 'failed', error, failedAtMs: clock.now() }, 'soon');
  }
}

/** A client whose talosconfig is broken refuses every question with the reason. */
async function whyRefused(client: TalosClient): Promise<OperatorError> {
  try {
    await client.version(asIpAddress('127.0.0.1'));
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  return noControlPlane();
}

const noControlPlane = (): ClientError =>
  new ClientError(
    'unreachable',
    'No control plane is known',
    'Put the address of a control plane into the endpoints of the talosconfig.',
  );
