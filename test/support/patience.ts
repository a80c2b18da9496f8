import { vi } from 'vitest';

/** As long as anybody would wait: a busy machine is no failure. */
export const PATIENCE_MS = 60_000;

/** Asks until it is so. @throws what the last answer was */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 10 });
