import type { Clock } from '../../src/clients/clock.js';
import type { World } from '../../src/lab/world/types.js';

/** Nothing survives `kill -9`: every door throws this afterwards, and nobody catches it but the trial. */
export class Killed extends Error {
  constructor() {
    super('killed');
    this.name = 'Killed';
  }
}

/** The world's own time, moved by whoever waits. */
export interface SimClock extends Clock {
  /** Time goes by, and everything that becomes due runs. */
  readonly pass: (ms: number) => Promise<void>;
  /** Lets time go by until the promise settles. @throws Error after an hour of the world */
  readonly driven: <T>(promise: Promise<T>) => Promise<T>;
  /** From now on every wait throws `Killed`. */
  readonly kill: () => void;
  readonly isKilled: () => boolean;
}

const STEP_MS = 2_000;
const LONGEST_CALL_MS = 3_600_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Every stage of a read counts, closing included: a stage not seen lets time go by, for some runs of a seed only. */
const isReading = (): boolean =>
  process.getActiveResourcesInfo().some((name) => /^(FSReq|FileHandle|CloseReq)/.test(name));

/**
 * All our doors answer within microtasks: a turn of the event loop lets everything come to rest. Only files of the
 * operator are really read; time stands still meanwhile, or no seed would be the same twice.
 */
async function rest(): Promise<void> {
  for (let idleTurns = 0; idleTurns < 2; idleTurns += 1) {
    await turn();
    if (isReading()) idleTurns = -1;
  }
}

export function simClock(world: World): SimClock {
  let isKilled = false;
  const pass = async (ms: number): Promise<void> => {
    for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
      world.clock.advance(Math.min(STEP_MS, leftMs));
      await rest();
      if (isKilled) throw new Killed();
    }
  };
  return {
    now: () => world.clock.now(),
    async sleep(ms, signal) {
      if (isKilled) throw new Killed();
      signal?.throwIfAborted();
      await pass(ms);
      signal?.throwIfAborted();
    },
    after: (ms, run) => world.clock.after(ms, run),
    pass,
    async driven(promise) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      promise.then(settle, settle);
      for (let passedMs = 0; ; passedMs += STEP_MS) {
        await rest();
        if (isSettled) return await promise;
        if (passedMs > LONGEST_CALL_MS)
          throw new Error('A call to the simulated world never ends.');
        await pass(STEP_MS);
      }
    },
    kill() {
      isKilled = true;
    },
    isKilled: () => isKilled,
  };
}
