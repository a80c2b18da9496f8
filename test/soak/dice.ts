/** mulberry32: small, seeded, good enough to choose faults with. */
export interface Dice {
  /** 0 ≤ x < 1 */
  readonly roll: () => number;
  readonly int: (low: number, high: number) => number;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  readonly isLucky: (probability: number) => boolean;
}

export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(roll() * (high - low + 1));
  return {
    roll,
    int,
    pick: (choices) => choices[int(0, choices.length - 1)] ?? choices[0],
    isLucky: (probability) => roll() < probability,
  };
}
