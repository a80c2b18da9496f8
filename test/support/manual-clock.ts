import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/clients/clock.js';
import { letSocketsTalk } from './patience.js';

/** Time moves only when the test says so. */
export interface ManualClock extends Clock {
  readonly advance: (ms: number) => void;
  /** The process gets no CPU for so long: what fell due meanwhile comes late, with the next step of time. */
  readonly stall: (ms: number) => void;
  /** Passes time in small steps with room for real sockets between them, until `done`. */
  readonly flowUntil: (done: () => boolean, limitMs?: number) => Promise<void>;
  /** Timers that still wait. */
  readonly pending: () => number;
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

const STEP_MS = 250;
const SOCKETS_MS = 5;

export function createManualClock(startMs = Date.now()): ManualClock {
  const timers = new Set<Timer>();
  let nowMs = startMs;

  const after = (ms: number, run: () => void) => {
    const timer = { atMs: nowMs + ms, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const next = (limitMs: number) =>
    [...timers].filter(({ atMs }) => atMs <= limitMs).sort((a, b) => a.atMs - b.atMs)[0];

  const advance = (ms: number) => {
    const targetMs = nowMs + ms;
    for (let timer = next(targetMs); timer !== undefined; timer = next(targetMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.atMs);
      timer.run();
    }
    nowMs = targetMs;
  };

  return {
    now: () => nowMs,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          stop();
          reject(signal.reason);
        });
      }),
    advance,
    stall(ms) {
      nowMs += ms;
    },
    async flowUntil(done, limitMs = 120_000) {
      const endMs = nowMs + limitMs;
      while (!done()) {
        if (nowMs > endMs) throw new Error(`Nothing came of it within ${limitMs} ms of test time`);
        advance(STEP_MS);
        await letSocketsTalk();
        await pause(SOCKETS_MS);
      }
    },
    pending: () => timers.size,
  };
}
