/** Seeded, so that the same seed and the same inputs give the same world. */
export interface Random {
  /** [0, 1) */
  readonly next: () => number;
  /** Inclusive. */
  readonly int: (low: number, high: number) => number;
  readonly hex: (digits: number) => string;
  readonly uuid: () => string;
  /** Characters of `alphabet`. */
  readonly text: (length: number, alphabet: string) => string;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
}

/** sfc32: 128 bits of state, passes PractRand; quality is plenty for a simulation, never for secrets. */
export function createRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let counter = 1;
  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) next32();

  const next = (): number => next32() / 0x1_0000_0000;
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const text = (length: number, alphabet: string): string =>
    Array.from({ length }, () => alphabet.charAt(int(0, alphabet.length - 1))).join('');
  const hex = (digits: number): string => text(digits, '0123456789abcdef');
  return {
    next,
    int,
    hex,
    text,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(int(0, 3))}${hex(3)}-${hex(12)}`,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
  };
}

/** A number in [0, 1) that belongs to a name: the same in every run of the same seed, whatever else happened. */
export function fractionOf(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000;
}
