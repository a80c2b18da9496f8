import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';

/** At most one attempt is waiting; the waits grow while trouble follows trouble. */
export interface Retry {
  readonly schedule: (attempt: () => void) => void;
  readonly isPending: () => boolean;
  readonly stop: () => void;
}

/** Without trouble for this long the next failure counts as the first. */
const CALM_MS = 30_000;

export function createRetry(
  limits: { readonly firstMs: number; readonly maxMs: number },
  clock: Clock,
  random: () => number,
): Retry {
  const backoff = createBackoff(limits, random);
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let stop: (() => void) | null = null;

  return {
    schedule(attempt) {
      if (stop !== null) return;
      if (clock.now() - failedAtMs > CALM_MS) backoff.reset();
      failedAtMs = clock.now();
      stop = clock.after(backoff.nextMs(), () => {
        stop = null;
        attempt();
      });
    },
    isPending: () => stop !== null,
    stop() {
      stop?.();
      stop = null;
    },
  };
}
