import type { Clock } from './clock.js';

const SLICE_MS = 100;

export interface Patience {
  readonly waitedMs: () => number;
  readonly stop: () => void;
}

/**
 * Waits only while this process runs: time that it slept through on a busy host proves nothing about anybody else.
 * @param limitMs Looked up again and again: it may turn out later how quick the others are.
 */
export function patience(clock: Clock, limitMs: () => number, onEnd: () => void): Patience {
  let waitedMs = 0;
  let stopTimer = () => {};
  const slice = () => {
    stopTimer = clock.after(SLICE_MS, () => {
      waitedMs += SLICE_MS;
      if (waitedMs >= limitMs()) onEnd();
      else slice();
    });
  };
  slice();
  return { waitedMs: () => waitedMs, stop: () => stopTimer() };
}
