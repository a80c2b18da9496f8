import { ClientError, OperatorError } from '../../model/errors.js';
import { afterFailure, fresh, type Reading } from '../../model/reading.js';
import type { Clock } from '../clock.js';

export interface PartOptions {
  /** `the node 10.0.0.11`, for the message when its time is over. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** One part of an inspection: it has its time, and whatever it meets is in its Reading. */
export async function readPart<T>(
  { what, deadlineMs, clock }: PartOptions,
  last: Reading<T>,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<Reading<T>> {
  try {
    const value = await within(clock, deadlineMs, what, read);
    return fresh(value, clock.now());
  } catch (error) {
    if (error instanceof OperatorError) return afterFailure(last, error, clock.now());
    throw error;
  }
}

/** @throws ClientError timeout, even when `read` does not listen to its signal. */
export function within<T>(
  clock: Clock,
  limitMs: number,
  what: string,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = new AbortController();
    const stopTimer = clock.after(limitMs, () => {
      reject(late(what, limitMs));
      abort.abort();
    });
    read(abort.signal).then(resolve, reject).finally(stopTimer);
  });
}

const late = (what: string, limitMs: number): ClientError =>
  new ClientError(
    'timeout',
    `${what}: not read within ${Math.round(limitMs / 1000)} s`,
    'Check whether it hangs or the network loses packets.',
  );

/** Runs at most so many at a time; the others wait for their turn. */
export function createLimit(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
