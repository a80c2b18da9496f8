import { type ErrorKind, OperatorError } from '../model/errors.js';
import type { IpAddress } from '../model/ids.js';
import type { Clock } from './clock.js';
import { createRetry } from './retry.js';
import type { Route, Router } from './talos-router.js';
import { createSilence } from './talos-silence.js';
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
  readonly probe: (route: Route) => Promise<void>;
  /** Resolves when it is this node's turn: thousands of streams must not open in one breath. */
  readonly turn: () => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** These say something about one kind of resource, all others about the node. */
const CONCERNS_KIND: readonly ErrorKind[] = ['forbidden', 'unsupported', 'rejected', 'malformed'];

export function createNodeSupervisor(wiring: NodeSupervisorWiring): NodeSupervisor {
  const { router, clock, random } = wiring;
  const retry = createRetry({ firstMs: 500, maxMs: 15_000 }, clock, random);
  const grace = createGrace(clock);
  const silence = createSilence(clock, random, () => isAlive());
  const watches = createWatchSet(clock, () => void openAll());
  let outage: OperatorError | null = null;
  let isOpening = false;
  /** Counts the routes: what fails because its route was replaced meanwhile is no news. */
  let generation = 0;

  const openAll = async (): Promise<void> => {
    if (isOpening || retry.isPending() || watches.isEmpty()) return;
    isOpening = true;
    const started = generation;
    const error = await attempt(wiring, async (route) => {
      if (outage !== null) await wiring.probe(route);
      await wiring.turn();
      if (generation === started) openOn(route);
    });
    isOpening = false;
    if (generation !== started) void openAll();
    else if (error !== null) suffer(error, watches.closed());
  };

  const openOn = (route: Route) => {
    outage = null;
    grace.stop();
    for (const watch of watches.closed()) {
      watch.open(route, (error, isLinkLost) => {
        if (isLinkLost) grace.start(() => suffer(error, watches.closed()));
        else if (CONCERNS_KIND.includes(error.kind)) watches.refuse(watch, error);
        else suffer(error, [watch]);
      });
    }
    silence.listen();
  };

  /** The node is away: what is broken is told so, and all of it waits for one retry. */
  const suffer = (error: OperatorError, broken: readonly TalosWatch[]) => {
    outage = error;
    for (const watch of broken) {
      watch.detach();
      watch.fail(error);
    }
    if (error.kind === 'timeout') router.suspect();
    retry.schedule(() => void openAll());
  };

  const isAlive = async (): Promise<boolean> => {
    const started = generation;
    const opened = watches.opened();
    const error = opened.length === 0 ? null : await attempt(wiring, wiring.probe);
    if (error !== null && generation === started) suffer(error, opened);
    return error === null && opened.length > 0 && generation === started;
  };

  const startOver = () => {
    generation++;
    outage = null;
    for (const timer of [grace, silence, retry]) timer.stop();
    watches.detachAll();
    void openAll();
  };
  const stopListening = router.onChange(startOver);

  return {
    add(watch) {
      watches.add(watch);
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

/** How long the loss of an endpoint goes untold: the next one is usually there by then. */
const GRACE_MS = 1_500;

function createGrace(clock: Clock) {
  let stop: (() => void) | null = null;
  return {
    start(onOver: () => void) {
      stop ??= clock.after(GRACE_MS, () => {
        stop = null;
        onOver();
      });
    },
    stop() {
      stop?.();
      stop = null;
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
