/** Exponential waiting with jitter: many clients that lost one server must not come back in step. */
export interface Backoff {
  /** Half to one and a half times the current delay, which then doubles. */
  readonly nextMs: () => number;
  readonly reset: () => void;
}

export function createBackoff(
  limits: { readonly firstMs: number; readonly maxMs: number },
  random: () => number,
): Backoff {
  let delayMs = limits.firstMs;
  return {
    nextMs() {
      const waitMs = Math.min(delayMs * (0.5 + random()), limits.maxMs);
      delayMs = Math.min(delayMs * 2, limits.maxMs);
      return waitMs;
    },
    reset() {
      delayMs = limits.firstMs;
    },
  };
}
