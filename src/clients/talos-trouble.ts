import type { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { createRetry } from './retry.js';

/** How bad it stands with one node, and when to try again. */
export interface Trouble {
  /** Something broke; told only if it is not made good soon. */
  readonly doubt: (error: OperatorError) => void;
  /** Nobody is there: told at once. */
  readonly suffer: (error: OperatorError) => void;
  /** One more attempt, later; attempts that wait already are enough. */
  readonly retry: () => void;
  readonly isRetrying: () => boolean;
  /** Since something broke, the node has not answered. */
  readonly isDoubtful: () => boolean;
  /** What was told and still holds. */
  readonly outage: () => OperatorError | null;
  /** The node answers. */
  readonly settle: () => void;
  /** Drops what waits, too. */
  readonly clear: () => void;
}

/** A cut stream or a lost endpoint is usually made good by then. */
const GRACE_MS = 1_500;

export function createTrouble(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  { tell, again }: { readonly tell: (error: OperatorError) => void; readonly again: () => void },
): Trouble {
  const attempts = createRetry({ firstMs: 500, maxMs: 15_000 }, clock, random);
  let isDoubtful = false;
  let outage: OperatorError | null = null;
  let stopGrace: (() => void) | null = null;

  const settle = () => {
    isDoubtful = false;
    outage = null;
    stopGrace?.();
    stopGrace = null;
  };
  const suffer = (error: OperatorError) => {
    settle();
    isDoubtful = true;
    outage = error;
    tell(error);
    attempts.schedule(again);
  };

  return {
    doubt(error) {
      isDoubtful = true;
      stopGrace ??= clock.after(GRACE_MS, () => suffer(error));
    },
    suffer,
    retry: () => attempts.schedule(again),
    isRetrying: attempts.isPending,
    isDoubtful: () => isDoubtful,
    outage: () => outage,
    settle,
    clear() {
      settle();
      attempts.stop();
    },
  };
}
