import { vi } from 'vitest';

/** As long as anybody would wait: a busy machine is no failure. */
export const PATIENCE_MS = 60_000;

/** Asks until it is so. @throws what the last answer was */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 10 });

const TURNS = 20;

/** Room for sockets of this process: a busy machine has little of it in a given time, but as much in a given turn. */
export async function letSocketsTalk(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((done) => setImmediate(done));
}
