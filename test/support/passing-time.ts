import type { World } from '../../src/lab/world/types.js';
import { letSocketsTalk } from './patience.js';

const STEP_MS = 250;
const REAL_STEP_MS = 4;

/** Lets the lab's time pass until the promise settles, however late its request reaches the lab. */
export async function whileTimePasses<T>(
  world: World,
  promise: Promise<T>,
): Promise<{ readonly value: T; readonly passedMs: number }> {
  const startedAtMs = world.clock.monotonicMs();
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  promise.then(settled, settled);
  while (!isSettled) {
    world.clock.advance(STEP_MS);
    await letSocketsTalk();
    await new Promise((resolve) => setTimeout(resolve, REAL_STEP_MS));
  }
  return { value: await promise, passedMs: world.clock.monotonicMs() - startedAtMs };
}
