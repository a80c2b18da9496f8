import { type ErrorKind, OperatorError } from '../model/errors.js';
import type { IpAddress } from '../model/ids.js';
import type { Clock } from './clock.js';
import type { Route, Router } from './talos-router.js';
import { createSilence } from './talos-silence.js';
import { createTrouble } from './talos-trouble.js';
import type { TalosWatch } from './talos-watch.js';
import { createWatchSet } from './talos-watch-set.js';

/** Keeps all watches of one node open: one back-off and one sign of life for all of them. */
export interface NodeSupervisor {
  readonly add: (watch: TalosWatch) => void;
  readonly remove: (watch: TalosWatch) => void;
  /** The node said something. */
  readonly heard: () => void;
  readonly isIdle: () => boolean;
  readonly close: () => void;
}

export interface NodeSupervisorWiring {
  readonly node: IpAddress;
  readonly router: Router;
  /** @throws ClientError unless the node answers. */
  readonly probe: (route: Route, signal: AbortSignal) => Promise<void>;
  /** Resolves when it is this node's turn: thousands of streams must not open in one breath. */
  readonly turn: () => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** These say something about one kind of resource, all others about the node. */
const CONCERNS_KIND: readonly ErrorKind[] = ['forbidden', 'unsupported', 'rejected', 'malformed'];

export function createNodeSupervisor(wiring: NodeSupervisorWiring): NodeSupervisor {
  const { router, clock, random } = wiring;
  const watches = createWatchSet(clock, () => void openAll());
  const silence = createSilence(clock, random, () => isAlive());
  const trouble = createTrouble(wiring, {
    tell: watches.failClosed,
    again: () => void openAll(),
  });
  /** One for each route: what fails because its route was replaced meanwhile is no news. */
  let era = new AbortController();
  let isOpening = false;

  const openAll = async (): Promise<void> => {
    if (isOpening || trouble.isRetrying() || watches.isEmpty()) return;
    isOpening = true;
    const { signal } = era;
    const error = await attempt(wiring, async (route) => {
      if (trouble.isDoubtful()) await wiring.probe(route, signal);
      await wiring.turn();
      if (!signal.aborted) openOn(route);
    });
    isOpening = false;
    if (signal.aborted) void openAll();
    else if (error !== null) trouble.suffer(error);
  };

  const openOn = (route: Route) => {
    trouble.settle();
    silence.listen();
    for (const watch of watches.closed()) {
      watch.open(route, (error, isLinkLost) => onBroken(watch, error, isLinkLost));
    }
  };

  const onBroken = (watch: TalosWatch, error: OperatorError, isLinkLost: boolean) => {
    if (CONCERNS_KIND.includes(error.kind)) {
      watches.refuse(watch, error);
      return;
    }
    trouble.doubt(error);
    // A lost link is replaced by the router, which then tells.
    if (!isLinkLost) trouble.retry();
  };

  const isAlive = async (): Promise<boolean> => {
    const { signal } = era;
    if (watches.opened().length === 0) return false;
    const error = await attempt(wiring, (route) => wiring.probe(route, signal));
    // A hung endpoint looks like a hung node; it is replaced, and then we start over.
    if (error?.kind === 'timeout' && !signal.aborted) await router.verify();
    if (error === null || signal.aborted) return !signal.aborted;
    watches.detachAll();
    trouble.suffer(error);
    return false;
  };

  const startOver = () => {
    era.abort();
    era = new AbortController();
    silence.stop();
    trouble.clear();
    watches.detachAll();
    void openAll();
  };
  const stopListening = router.onChange(startOver);

  return {
    add(watch) {
      watches.add(watch);
      const outage = trouble.outage();
      if (outage !== null) watch.fail(outage);
      void openAll();
    },
    remove: watches.remove,
    heard: silence.heard,
    isIdle: watches.isEmpty,
    close() {
      stopListening();
      watches.stopAll();
      startOver();
    },
  };
}

async function attempt(
  { router, node }: NodeSupervisorWiring,
  use: (route: Route) => Promise<void>,
): Promise<OperatorError | null> {
  try {
    await use(await router.route(node));
    return null;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error;
  }
}
