import type { Level } from './machine.js';

/** Worst first; 'none' never decides. */
export const LEVELS = ['fail', 'unknown', 'warn', 'wait', 'ok', 'none'] as const;

const RANK: Readonly<Record<Level, number>> = {
  fail: 0,
  unknown: 1,
  warn: 2,
  wait: 3,
  ok: 4,
  none: 5,
};

/** Negative when `a` is worse. */
export const compareLevels = (a: Level, b: Level): number => RANK[a] - RANK[b];

export const worstLevel = (levels: readonly Level[]): Level =>
  levels.reduce((worst, level) => (RANK[level] < RANK[worst] ? level : worst), 'none');
