import type { OperatorError } from './errors.js';

/** What we last learnt from one source, and how far to trust it. */
export type Reading<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'fresh'; readonly value: T; readonly readAtMs: number }
  | {
      readonly state: 'stale';
      readonly value: T;
      readonly readAtMs: number;
      readonly error: OperatorError;
    }
  | { readonly state: 'failed'; readonly error: OperatorError; readonly failedAtMs: number };

export const WAITING: Reading<never> = { state: 'waiting' };

export const fresh = <T>(value: T, readAtMs: number): Reading<T> => ({
  state: 'fresh',
  value,
  readAtMs,
});

/** The last value seen, fresh or stale. Never use it to call something healthy: see `freshValue`. */
export function knownValue<T>(reading: Reading<T>): T | undefined {
  return 'value' in reading ? reading.value : undefined;
}

/** The value only while it is fresh: what gates and verdicts may rely on. */
export function freshValue<T>(reading: Reading<T>): T | undefined {
  return reading.state === 'fresh' ? reading.value : undefined;
}

export function readingError<T>(reading: Reading<T>): OperatorError | undefined {
  return 'error' in reading ? reading.error : undefined;
}

/** The reading after a failed attempt: a value that was known stays, marked stale. */
export function afterFailure<T>(
  reading: Reading<T>,
  error: OperatorError,
  nowMs: number,
): Reading<T> {
  return 'value' in reading
    ? { state: 'stale', value: reading.value, readAtMs: reading.readAtMs, error }
    : { state: 'failed', error, failedAtMs: nowMs };
}

/** Applies a pure function to the value and keeps state, age and error. */
export function mapReading<T, U>(reading: Reading<T>, change: (value: T) => U): Reading<U> {
  return 'value' in reading ? { ...reading, value: change(reading.value) } : reading;
}
