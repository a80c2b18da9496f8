export interface Store<T> {
  readonly get: () => T;
  readonly update: (change: (current: T) => T) => void;
  /** @returns unsubscribe. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A value with listeners. An update that returns the same reference tells nobody. */
export function createStore<T>(initial: T): Store<T> {
  const listeners = new Set<() => void>();
  let current = initial;

  return {
    get: () => current,
    update(change) {
      const next = change(current);
      if (Object.is(next, current)) return;
      current = next;
      for (const notify of listeners) notify();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
