import type { LayerState, Level } from '../model/machine.js';
import { type Span, span, type Tone } from './text.js';

/** Colour never stands alone: every level has a symbol of one column, and callers add a word. */
export const LEVEL_SYMBOL: Readonly<Record<Level, string>> = {
  fail: '✖',
  unknown: '?',
  warn: '▲',
  wait: '◌',
  ok: '●',
  none: '–',
};

export const LEVEL_TONE: Readonly<Record<Level, Tone>> = {
  fail: 'fail',
  unknown: 'unknown',
  warn: 'warn',
  wait: 'wait',
  ok: 'ok',
  none: 'faint',
};

/** `● running` in the tone of its level. */
export const levelSpan = (level: Level, word: string): Span =>
  span(levelText(level, word), LEVEL_TONE[level]);

export const levelText = (level: Level, word: string): string =>
  word === '' ? LEVEL_SYMBOL[level] : `${LEVEL_SYMBOL[level]} ${word}`;

/** Silence is not illness: what does not answer has a symbol of its own, whatever its level. */
const UNREACHABLE_SYMBOL = '⊘';

/** The cell of one layer. A layer that does not apply is a dash, without a word. */
export function layerText({ level, word }: LayerState): string {
  if (level === 'none') return LEVEL_SYMBOL.none;
  return `${word === 'unreachable' ? UNREACHABLE_SYMBOL : LEVEL_SYMBOL[level]} ${word}`;
}

export const layerTone = ({ level }: LayerState): Tone => LEVEL_TONE[level];
