import type { SimClock } from './sim-clock.js';

/** What every call to the world passes: the place where things go wrong. */
export interface Doors {
  readonly clock: SimClock;
  /** @throws what this call meets instead of an answer: an OperatorError, or Killed */
  readonly enter: (call: string) => void;
  /** Watches deliver nothing for the moment. */
  readonly isStale: () => boolean;
}
