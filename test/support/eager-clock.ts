import type { Clock } from '../../src/clients/clock.js';
import { NOW_MS } from './builders.js';

/** Whoever sleeps has slept: hours of waiting take no time. */
export function eagerClock(startMs = NOW_MS): Clock & { readonly sleptMs: () => number } {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    sleptMs: () => nowMs - startMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      nowMs += ms;
      // Lets others have their turn, as a real pause does.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    },
    after(ms, run) {
      const timer = setImmediate(() => {
        nowMs += ms;
        run();
      });
      return () => clearImmediate(timer);
    },
  };
}
