import { OperatorError } from '../model/errors.js';
import type { WatchHandlers } from './types.js';

/** One resource as it arrived: read, or not readable. */
export type Entry<T> =
  | { readonly key: string; readonly value: T }
  | { readonly key: string; readonly error: OperatorError };

/**
 * The list behind a watch. Tells its handlers the whole list after every burst of changes, and every outage once.
 * An entry that cannot be read, or a list that `onItems` throws an OperatorError about, is an outage until it
 * changes: a list without it would look complete.
 */
export interface WatchedItems<T> {
  readonly get: (key: string) => Entry<T> | undefined;
  readonly put: (entry: Entry<T>) => void;
  readonly remove: (key: string) => void;
  /** A complete list from the server: what is not in it is gone. Ends an outage. */
  readonly replace: (entries: Iterable<Entry<T>>) => void;
  /** The stream works again and nothing was missed. Ends an outage. */
  readonly resume: () => void;
  readonly fail: (error: OperatorError) => void;
  /** Nothing is told any more. */
  readonly stop: () => void;
}

export function createWatchedItems<T>({ onItems, onError }: WatchHandlers<T>): WatchedItems<T> {
  let entries = new Map<string, Entry<T>>();
  let isTold = false;
  let isOut = false;
  let isStopped = false;
  let isScheduled = false;

  const tellError = (error: OperatorError) => {
    if (isTold) return;
    isTold = true;
    onError(error);
  };
  const publish = () => {
    isScheduled = false;
    if (isStopped || isOut) return;
    const sorted = [...entries.values()].sort(byKey);
    const broken = sorted.find((entry) => 'error' in entry);
    if (broken !== undefined && 'error' in broken) {
      tellError(broken.error);
      return;
    }
    try {
      onItems(sorted.flatMap((entry) => ('value' in entry ? [entry.value] : [])));
      isTold = false;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      tellError(error);
    }
  };
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(publish);
  };

  const recover = () => {
    isOut = false;
    isTold = false;
    publish();
  };

  return {
    get: (key) => entries.get(key),
    put(entry) {
      entries.set(entry.key, entry);
      schedule();
    },
    remove(key) {
      if (entries.delete(key)) schedule();
    },
    replace(complete) {
      entries = new Map([...complete].map((entry) => [entry.key, entry]));
      recover();
    },
    resume() {
      if (isOut) recover();
    },
    fail(error) {
      if (isStopped) return;
      isOut = true;
      tellError(error);
    },
    stop() {
      isStopped = true;
    },
  };
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
