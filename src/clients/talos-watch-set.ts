import type { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import type { TalosWatch } from './talos-watch.js';

/** The watches of one node, and those of them that the node refuses for now. */
export interface WatchSet {
  readonly add: (watch: TalosWatch) => void;
  readonly remove: (watch: TalosWatch) => void;
  /** To be opened: neither open nor refused. */
  readonly closed: () => readonly TalosWatch[];
  readonly failClosed: (error: OperatorError) => void;
  readonly opened: () => readonly TalosWatch[];
  /** Leaves it closed for a while: a role too weak for one kind rarely changes. */
  readonly refuse: (watch: TalosWatch, error: OperatorError) => void;
  /** Forgets refusals and closes every stream without a word. */
  readonly detachAll: () => void;
  readonly stopAll: () => void;
  readonly isEmpty: () => boolean;
}

const REFUSED_AGAIN_MS = 60_000;

export function createWatchSet(clock: Clock, onAgain: () => void): WatchSet {
  const watches = new Set<TalosWatch>();
  const refused = new Map<TalosWatch, () => void>();

  const accept = (watch: TalosWatch) => {
    refused.get(watch)?.();
    refused.delete(watch);
  };
  const acceptAll = () => {
    for (const watch of [...refused.keys()]) accept(watch);
  };

  const closed = () => [...watches].filter((watch) => !watch.isOpen() && !refused.has(watch));

  return {
    add: (watch) => watches.add(watch),
    remove(watch) {
      accept(watch);
      watches.delete(watch);
      watch.stop();
    },
    closed,
    failClosed(error) {
      for (const watch of closed()) watch.fail(error);
    },
    opened: () => [...watches].filter((watch) => watch.isOpen()),
    refuse(watch, error) {
      watch.fail(error);
      const again = () => {
        refused.delete(watch);
        onAgain();
      };
      refused.set(watch, clock.after(REFUSED_AGAIN_MS, again));
    },
    detachAll() {
      acceptAll();
      for (const watch of watches) watch.detach();
    },
    stopAll() {
      acceptAll();
      for (const watch of watches) watch.stop();
      watches.clear();
    },
    isEmpty: () => watches.size === 0,
  };
}
