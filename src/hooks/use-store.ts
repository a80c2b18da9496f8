import { useSyncExternalStore } from 'react';
import type { Snapshot } from '../model/snapshot.js';
import type { Store } from '../store/store.js';
import { useWiring } from './wiring.js';

/** The selector returns a piece of the value or a primitive: a new object on every call would redraw forever. */
export function useSelected<T, U>(store: Store<T>, select: (value: T) => U): U {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get);

/** Pieces and memoised derivations of the snapshot only: see `useSelected`. */
export const useSnapshot = <T>(select: (snapshot: Snapshot) => T): T =>
  useSelected(useWiring().snapshots, select);
