import { formatList } from '../../model/format.js';
import { type Reading, readingError } from '../../model/reading.js';
import { sanitise } from '../../model/sanitise.js';
import type { Gate } from '../types.js';

/** What speaks against a gate. Only with nothing at all against it is a gate green. */
export interface Objections {
  /** Known to be wrong. */
  readonly red: readonly string[];
  /** Not known to be right: it counts as red. */
  readonly unknown: readonly string[];
}

type Frame = Pick<Gate, 'id' | 'title' | 'remedy' | 'override'>;

/** Everything worth a sentence: more names than this are counted. */
const MOST_SHOWN = 4;

/** `green` is the evidence when nothing speaks against it. */
export function judge(frame: Frame, { red, unknown }: Objections, green: string): Gate {
  const against = [...new Set([...red, ...unknown])];
  const state = red.length > 0 ? 'red' : unknown.length > 0 ? 'unknown' : 'green';
  const text = against.length > 0 ? formatList(against, MOST_SHOWN) : green;
  return { ...frame, state, text: sanitise(text) };
}

export const NO_OBJECTIONS: Objections = { red: [], unknown: [] };

export const red = (...texts: readonly string[]): Objections => ({ red: texts, unknown: [] });

export const unknown = (...texts: readonly string[]): Objections => ({ red: [], unknown: texts });

export const together = (all: readonly Objections[]): Objections => ({
  red: all.flatMap((each) => each.red),
  unknown: all.flatMap((each) => each.unknown),
});

/** Why a reading cannot be relied on, in the words of a gate. */
export function unreadText(what: string, reading: Reading<unknown> | undefined): string {
  const error = reading === undefined ? undefined : readingError(reading);
  const age = reading?.state === 'stale' ? 'is out of date' : 'is not known';
  return error === undefined ? `${what} is not known yet` : `${what} ${age}: ${error.message}`;
}

/** Objections to the value when the reading is fresh; otherwise that it is not known. */
export const whenFresh = <T>(
  what: string,
  reading: Reading<T> | undefined,
  objections: (value: T) => Objections,
): Objections =>
  reading?.state === 'fresh' ? objections(reading.value) : unknown(unreadText(what, reading));
