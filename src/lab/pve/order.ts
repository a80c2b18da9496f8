import { fractionOf } from '../world/random.js';
import type { World } from '../world/types.js';

/** Perl gives hashes in no order: clients must not rely on one. Stable within a lab. */
export function shuffled<T>(world: World, items: readonly T[], nameOf: (item: T) => string): T[] {
  const rank = (item: T): number => fractionOf(world.facts.seed, `order:${nameOf(item)}`);
  return [...items].sort((a, b) => rank(a) - rank(b));
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);
