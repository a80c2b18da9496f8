import type { Store } from '../store/store.js';

export interface Pace {
  /** Listeners hear of changes at most this often; the first one at once. */
  readonly minIntervalMs: number;
  /** While the terminal is behind nothing new is drawn (ink.md §1, stalled stdout). */
  readonly isBehind: () => boolean;
}

/**
 * The same store for listeners that draw: sources may write as often as they like, and a slow terminal is not
 * buried in frames nobody will see.
 */
export function paceStore<T>(source: Store<T>, pace: Pace): Store<T> {
  const listeners = new Set<() => void>();
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let stopListening: (() => void) | null = null;

  const tell = (): void => {
    const waitMs = heardAtMs + pace.minIntervalMs - performance.now();
    if (waitMs > 0 || pace.isBehind()) {
      later(Math.min(pace.minIntervalMs, Math.max(1, waitMs)));
      return;
    }
    heardAtMs = performance.now();
    for (const notify of listeners) notify();
  };
  const later = (delayMs: number): void => {
    timer ??= setTimeout(() => {
      timer = null;
      tell();
    }, delayMs);
  };

  return {
    get: source.get,
    update: source.update,
    subscribe(listener) {
      listeners.add(listener);
      stopListening ??= source.subscribe(() => {
        if (timer === null) tell();
      });
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopListening?.();
        stopListening = null;
        if (timer !== null) clearTimeout(timer);
        timer = null;
      };
    },
  };
}
