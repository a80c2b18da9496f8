import type { KubeClient, WatchHandlers } from '../../clients/types.js';
import type { OperatorError } from '../../model/errors.js';
import { isSilence } from '../../model/layers.js';
import { readingError } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import { createPoll, type Poll } from '../poll.js';
import { createSlot, type Slot, type ValueOf } from '../slot.js';
import { paced, type Source, type SourceContext, snapshotOf } from './types.js';

const HEALTH_MS = 10_000;
/** With the interval less than the 20 s of DESIGN §4. */
const HEALTH_TIMEOUT_MS = 7_000;
const LEASES_MS = 10_000;

type KubeSlot = 'kubeNodes' | 'csrs' | 'kubeEvents' | 'pdbs' | 'leases' | 'kubeHealth';
const SLOTS: readonly KubeSlot[] = [
  'kubeNodes',
  'csrs',
  'kubeEvents',
  'pdbs',
  'leases',
  'kubeHealth',
];

export function createKubernetesSource(context: SourceContext, client: KubeClient): Source {
  const watched = {
    kubeNodes: slotOf(context, 'kubeNodes', 'watched'),
    csrs: slotOf(context, 'csrs', 'watched'),
    kubeEvents: slotOf(context, 'kubeEvents', 'watched'),
    pdbs: slotOf(context, 'pdbs', 'watched'),
  };
  // Renewed every few seconds by everybody.
  const leases = slotOf(context, 'leases', 'polled', () => true);
  const health = createHealthPoll(context, client, Object.values(watched));
  const leasePoll = createPoll({
    clock: context.clock,
    random: context.random,
    subject: 'The Kubernetes API',
    everyMs: () => paced(context, LEASES_MS),
    timeoutMs: HEALTH_TIMEOUT_MS,
    read: (signal) => client.leases(signal),
    onValue: leases.ok,
    onError: leases.fail,
  });
  let stops: readonly (() => void)[] = [];

  return {
    tool: 'kubernetes',
    start() {
      health.start();
      leasePoll.start();
      stops = [
        client.watchNodes(handlersOf(context, watched.kubeNodes, health)),
        client.watchCsrs(handlersOf(context, watched.csrs, health)),
        client.watchEvents(handlersOf(context, watched.kubeEvents, health)),
        client.watchPdbs(handlersOf(context, watched.pdbs, health)),
        // Which server is said not to answer must not stand until the next poll.
        client.onRoute?.(() => health.now()) ?? (() => {}),
      ];
    },
    stop() {
      health.stop();
      leasePoll.stop();
      for (const stop of stops) stop();
      stops = [];
    },
    refresh() {
      health.now();
      leasePoll.now();
    },
    isSettled: () => SLOTS.every((slot) => snapshotOf(context)[slot].state !== 'waiting'),
  };
}

function slotOf<K extends KubeSlot>(
  { clock, store }: SourceContext,
  name: K,
  kind: 'watched' | 'polled',
  isMinor: () => boolean = () => false,
): Slot<ValueOf<Snapshot[K]>> {
  return createSlot<ValueOf<Snapshot[K]>>({
    clock,
    kind,
    isMinor,
    // The slot's own value type is the one of the snapshot; TypeScript cannot see it through the index.
    publish: (reading, urgency) => store.set(name, reading as Snapshot[K], urgency),
  });
}

const handlersOf = <T>(
  context: SourceContext,
  slot: Slot<readonly T[]>,
  health: Poll,
): WatchHandlers<T> => ({
  onItems(items) {
    slot.ok(items);
    // The API is back: "it does not answer" must not stand until the next poll.
    const error = readingError(snapshotOf(context).kubeHealth);
    if (error !== undefined && isSilence(error)) health.now();
  },
  onError(error) {
    slot.fail(error);
    if (isSilence(error)) health.now();
  },
});

/** The sign of life of the whole API: a watch that tells nothing may be fine or half open. */
function createHealthPoll(
  context: SourceContext,
  client: KubeClient,
  watched: readonly Pick<Slot<never>, 'silence' | 'heard' | 'confirm'>[],
): Poll {
  const slot = slotOf(context, 'kubeHealth', 'polled');
  return createPoll({
    clock: context.clock,
    random: context.random,
    subject: 'The Kubernetes API',
    everyMs: () => HEALTH_MS,
    timeoutMs: HEALTH_TIMEOUT_MS,
    read: (signal) => client.health(signal),
    onValue(value) {
      slot.ok(value);
      for (const each of watched) {
        each.heard();
        each.confirm();
      }
    },
    onError(error: OperatorError) {
      slot.fail(error);
      if (!isSilence(error)) return;
      for (const each of watched) each.silence(error);
    },
  });
}
