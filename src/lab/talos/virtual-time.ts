import type { World } from '../world/types.js';

/** Resolves after so much of the lab's own time. */
export const virtually = (world: World, ms: number): Promise<void> =>
  new Promise((resolve) => {
    world.clock.after(ms, resolve);
  });
