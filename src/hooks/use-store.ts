import { useRef, useSyncExternalStore } from 'react';
import type { Reading } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { keepEqual } from '../store/keep-equal.js';
import type { Store } from '../store/store.js';
import { useWiring } from './wiring.js';

/**
 * A piece of a store or something derived from it. What equals the last result is the last result: a poll that
 * changed nothing that is shown draws nothing.
 */
export function useSelected<T, U>(store: Store<T>, select: (value: T) => U): U {
  const last = useRef<{ readonly value: U } | null>(null);
  return useSyncExternalStore(store.subscribe, () => {
    const next = select(store.get());
    const value = last.current === null ? next : keepEqual(last.current.value, next);
    last.current = { value };
    return value;
  });
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get);

/**
 * A reading for its value and its error. When a fresh one was read is left out: a poll that brought the same value
 * again is no news.
 */
export const useReading = <T>(select: (snapshot: Snapshot) => Reading<T>): Reading<T> =>
  useSnapshot((snapshot) => {
    const reading = select(snapshot);
    return reading.state === 'fresh' ? { ...reading, readAtMs: 0 } : reading;
  });

/** Selectors are cheap: derivations of the model are made once per snapshot. */
export const useSnapshot = <T>(select: (snapshot: Snapshot) => T): T =>
  useSelected(useWiring().snapshots, select);
