import type { JournalLine } from '../../src/runs/types.js';

/** Lines that stand at the edges of a step and of its effect. */
export const BOUNDARIES = [
  'step',
  'intent',
  'pid',
  'upid',
  'exit',
  'already-done',
  'done',
] as const;
type Boundary = (typeof BOUNDARIES)[number];

const isBoundary = (type: string): type is Boundary =>
  (BOUNDARIES as readonly string[]).includes(type);

/** `reboot-talos-w-01:pid`; null for every other line. */
export function boundaryOf(line: JournalLine): string | null {
  return isBoundary(line.type) && 'step' in line && line.step !== null
    ? `${line.step}:${line.type}`
    : null;
}

export const isClosing = ({ type }: JournalLine): boolean =>
  type === 'succeeded' || type === 'failed' || type === 'cancelled';

/** When to kill next: asked with the lines that the living process wrote. */
export interface KillPlan {
  /** Milliseconds to wait before the kill; null = not yet. */
  readonly delayAfter: (line: JournalLine) => number | null;
  /** What became of it: the last line that the killed process wrote. */
  readonly onKilled: (last: JournalLine | undefined) => void;
  /** Where it was killed, for the report. */
  readonly hits: readonly string[];
}

/** Once at every boundary line that the run writes, as far as the kill comes in time; each is aimed at twice at most. */
export function everyBoundary(only: (boundary: string) => boolean = () => true): KillPlan {
  const aimed = new Map<string, number>();
  const hits: string[] = [];
  return {
    hits,
    delayAfter(line) {
      const boundary = boundaryOf(line);
      if (boundary === null || !only(boundary) || hits.includes(boundary)) return null;
      const times = aimed.get(boundary) ?? 0;
      if (times >= 2) return null;
      aimed.set(boundary, times + 1);
      return 0;
    },
    onKilled(last) {
      const boundary = last === undefined ? null : boundaryOf(last);
      hits.push(boundary ?? `${last?.type ?? 'nothing'}`);
    },
  };
}

const PER_STEP = 3;

/** Three times in each step, at random fractions of the time that it took undisturbed. */
export function withinSteps(usualMs: ReadonlyMap<string, number>, random: () => number): KillPlan {
  const times = new Map<string, number>();
  const hits: string[] = [];
  return {
    hits,
    delayAfter(line) {
      if (line.type !== 'step') return null;
      const before = times.get(line.step) ?? 0;
      if (before >= PER_STEP) return null;
      times.set(line.step, before + 1);
      return random() * (usualMs.get(line.step) ?? 1000);
    },
    onKilled(last) {
      const step = last !== undefined && 'step' in last ? last.step : null;
      hits.push(`within ${step ?? 'gates'} after ${last?.type ?? 'nothing'}`);
    },
  };
}

/** A small seeded generator (mulberry32): the same seed kills at the same fractions. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
