import { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import type { Link } from './talos-link.js';

/** Asks the endpoint in use for a sign of life: half-open connections are noticed no other way. */
export interface Pulse {
  /** From now on this link is the one in use. */
  readonly follow: (link: Link) => void;
  /** Asks now. Resolves when it has answered or was given up. */
  readonly check: (link: Link) => Promise<void>;
  readonly stop: () => void;
}

/** A hang is noticed within this plus the time limit of the probe. */
const ASK_EVERY_MS = 10_000;

export function createPulse(
  { probe, clock }: { readonly probe: (link: Link) => Promise<void>; readonly clock: Clock },
  onDead: (link: Link) => void,
): Pulse {
  let followed: Link | null = null;
  let asking: Promise<void> | null = null;
  let stopTimer = () => {};

  const schedule = (link: Link) => {
    stopTimer();
    stopTimer = clock.after(ASK_EVERY_MS, () => void check(link));
  };
  const check = (link: Link): Promise<void> => {
    asking ??= ask(link).finally(() => {
      asking = null;
    });
    return asking;
  };
  const ask = async (link: Link) => {
    try {
      await probe(link);
      if (followed === link) schedule(link);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      // Why it failed is told by the attempts that follow.
      if (followed === link) onDead(link);
    }
  };

  return {
    follow(link) {
      followed = link;
      schedule(link);
    },
    check,
    stop() {
      followed = null;
      stopTimer();
    },
  };
}
