import { type Timer, TimerHeap } from './heap.js';

/** Virtual time. The only file of the world that reads the real clock. */
export interface WorldClock {
  /** Virtual epoch milliseconds; never passes a timer that has not run. */
  readonly now: () => number;
  /** The same without the jumps of the wall clock: what time-outs are measured with. */
  readonly monotonicMs: () => number;
  /** Sets the wall clock forward or back; no timer notices. */
  readonly jump: (ms: number) => void;
  /** Once, in virtual time. @returns cancel. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Again and again: heartbeats, which never hurry an infinite time scale. @returns cancel. */
  readonly every: (ms: number, run: () => void, firstMs?: number) => () => void;
  /** Moves time forward at once; every timer on the way runs at its own moment. */
  readonly advance: (ms: number) => void;
  readonly scale: () => number;
  readonly stop: () => void;
}

export interface ClockOptions {
  /** Virtual milliseconds per real one. 0 = only `advance` moves time; Infinity = jump from work to work. */
  readonly scale: number;
  readonly startMs?: number;
}

interface RealTime {
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => NodeJS.Timeout;
}

const REAL: RealTime = {
  now: () => performance.now(),
  after: (ms, run) => setTimeout(run, ms),
};

/** setTimeout overflows above 2^31 − 1. */
const LONGEST_SLEEP_MS = 60_000;

export const realNowMs = (): number => Date.now();

class Clock {
  readonly #heap = new TimerHeap();
  readonly #scale: number;
  readonly #real: RealTime;
  #order = 0;
  #virtualMs: number;
  #realMs: number;
  #isRunning = false;
  #isStopped = false;
  #timeout: NodeJS.Timeout | undefined;
  #timeoutForMs = Number.POSITIVE_INFINITY;

  constructor(options: ClockOptions, real: RealTime) {
    this.#scale = options.scale;
    this.#real = real;
    this.#virtualMs = options.startMs ?? realNowMs();
    this.#realMs = real.now();
  }

  now(): number {
    return Math.floor(this.#exactNow());
  }

  #exactNow(): number {
    if (this.#isRunning || this.#scale === 0 || this.#isStopped) return this.#virtualMs;
    const flowed = this.#virtualMs + (this.#real.now() - this.#realMs) * this.#flow();
    return Math.max(this.#virtualMs, Math.min(flowed, this.#heap.peek()?.atMs ?? flowed));
  }

  add(ms: number, run: () => void, isBackground: boolean): () => void {
    const timer: Timer = {
      atMs: this.#exactNow() + Math.max(0, ms),
      order: this.#order,
      isBackground,
      run,
      isCancelled: false,
    };
    this.#order += 1;
    this.#heap.add(timer);
    if (!this.#isRunning) this.#schedule();
    return () => {
      timer.isCancelled = true;
    };
  }

  advance(ms: number): void {
    this.#runUntil(this.#exactNow() + ms);
    this.#schedule();
  }

  stop(): void {
    this.#virtualMs = this.#exactNow();
    this.#isStopped = true;
    clearTimeout(this.#timeout);
  }

  #flow(): number {
    return Number.isFinite(this.#scale) ? this.#scale : 1;
  }

  #runUntil(endMs: number): void {
    if (this.#isRunning) throw new Error('Time cannot be moved from inside a timer.');
    this.#isRunning = true;
    try {
      for (;;) {
        const next = this.#heap.peek();
        if (next === undefined || next.atMs > endMs || this.#isStopped) break;
        this.#heap.take();
        this.#virtualMs = Math.max(this.#virtualMs, next.atMs);
        next.run();
      }
      this.#virtualMs = Math.max(this.#virtualMs, endMs);
    } finally {
      this.#realMs = this.#real.now();
      this.#isRunning = false;
    }
  }

  #schedule(): void {
    if (this.#scale === 0 || this.#isStopped) return;
    const next = this.#heap.peek();
    if (next === undefined) return;
    const isWorkDue = !Number.isFinite(this.#scale) && this.#heap.nextWork() !== undefined;
    const dueMs = isWorkDue ? 0 : next.atMs;
    if (this.#timeout !== undefined && this.#timeoutForMs <= dueMs) return;
    clearTimeout(this.#timeout);
    this.#timeoutForMs = dueMs;
    const waitMs = isWorkDue ? 0 : (next.atMs - this.#exactNow()) / this.#flow();
    this.#timeout = this.#real.after(Math.min(Math.max(0, waitMs), LONGEST_SLEEP_MS), () =>
      this.#wake(),
    );
  }

  #wake(): void {
    this.#timeout = undefined;
    this.#timeoutForMs = Number.POSITIVE_INFINITY;
    const work = Number.isFinite(this.#scale) ? undefined : this.#heap.nextWork();
    const flowed = this.#virtualMs + (this.#real.now() - this.#realMs) * this.#flow();
    this.#runUntil(work === undefined ? flowed : work.atMs);
    this.#schedule();
  }
}

export function createClock(options: ClockOptions, real: RealTime = REAL): WorldClock {
  const clock = new Clock(options, real);
  let jumpedMs = 0;
  return {
    now: () => clock.now() + jumpedMs,
    monotonicMs: () => clock.now(),
    jump: (ms) => {
      jumpedMs += ms;
    },
    after: (ms, run) => clock.add(ms, run, false),
    every: (ms, run, firstMs = ms) => {
      let isStopped = false;
      let cancel = (): void => {};
      const tick = (): void => {
        if (isStopped) return;
        cancel = clock.add(ms, tick, true);
        run();
      };
      cancel = clock.add(firstMs, tick, true);
      return () => {
        isStopped = true;
        cancel();
      };
    },
    advance: (ms) => clock.advance(ms),
    scale: () => options.scale,
    stop: () => clock.stop(),
  };
}
