import type { Clock } from '../clients/clock.js';
import type { OperatorError } from '../model/errors.js';
import { afterFailure, type Reading, WAITING } from '../model/reading.js';
import { keepEqual } from './keep-equal.js';

/** 'soon': something is different. 'lazily': only its age is, or a figure that nobody waits for. */
export type Urgency = 'soon' | 'lazily';

/** What a reading holds once it is read. */
export type ValueOf<R> = R extends { readonly value: infer T } ? T : never;

/** One Reading and how it changes. */
export interface Slot<T> {
  readonly reading: () => Reading<T>;
  readonly ok: (value: T) => void;
  readonly fail: (error: OperatorError) => void;
  /** A part of the value was completed from elsewhere: age and state stay. */
  readonly revise: (value: T) => void;
  /** The source said something: what was fresh is confirmed. */
  readonly confirm: () => void;
  /**
   * The source does not answer. A watched slot gets its value back with the next sign of life, because the stream
   * would have told a change; a polled one must be read again.
   */
  readonly silence: (error: OperatorError) => void;
  readonly heard: () => void;
  /** Nothing is asked any more, and nothing was ever known. */
  readonly reset: () => void;
}

export interface SlotOptions<T> {
  readonly clock: Pick<Clock, 'now'>;
  readonly kind: 'watched' | 'polled';
  readonly publish: (reading: Reading<T>, urgency: Urgency) => void;
  /** Nothing but figures differs: a counter that always moves must not wake the screen at once. */
  readonly isMinor?: (former: T, next: T) => boolean;
}

export function createSlot<T>({ clock, kind, publish, isMinor }: SlotOptions<T>): Slot<T> {
  let reading: Reading<T> = WAITING;
  /** What the watch said before its node fell silent. */
  let beforeSilence: Reading<T> | null = null;

  const set = (next: Reading<T>, urgency: Urgency) => {
    reading = next;
    publish(next, urgency);
  };
  const fail = (error: OperatorError) => {
    if ('error' in reading && isSameError(reading.error, error)) return;
    set(afterFailure(reading, error, clock.now()), 'soon');
  };

  return {
    reading: () => reading,
    ok(value) {
      beforeSilence = null;
      const next = { state: 'fresh', readAtMs: clock.now() } as const;
      if (reading.state !== 'fresh') {
        const former = 'value' in reading ? reading.value : undefined;
        set({ ...next, value: keepEqual(former, value) }, 'soon');
        return;
      }
      const former = reading.value;
      const kept = keepEqual(former, value);
      const isQuiet = Object.is(former, kept) || isMinor?.(former, kept) === true;
      set({ ...next, value: kept }, isQuiet ? 'lazily' : 'soon');
    },
    fail(error) {
      // The stream itself is broken now: no sign of life of its node brings the value back.
      beforeSilence = null;
      fail(error);
    },
    revise(value) {
      if (!('value' in reading)) return;
      const kept = keepEqual(reading.value, value);
      if (!Object.is(kept, reading.value)) set({ ...reading, value: kept }, 'soon');
    },
    confirm() {
      if (reading.state !== 'fresh' || reading.readAtMs === clock.now()) return;
      set({ ...reading, readAtMs: clock.now() }, 'lazily');
    },
    silence(error) {
      if (kind === 'watched' && beforeSilence === null && !('error' in reading)) {
        beforeSilence = reading;
      }
      fail(error);
    },
    heard() {
      if (beforeSilence === null) return;
      const former = beforeSilence;
      beforeSilence = null;
      set(former.state === 'fresh' ? { ...former, readAtMs: clock.now() } : former, 'soon');
    },
    reset() {
      beforeSilence = null;
      if (reading.state !== 'waiting') set(WAITING, 'soon');
    },
  };
}

const isSameError = (a: OperatorError, b: OperatorError): boolean =>
  a === b || (a.kind === b.kind && a.message === b.message);
