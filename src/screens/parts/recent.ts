import { LEVEL_TONE, levelText } from '../../components/levels.js';
import { type Line, line, span } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import type { Happening } from '../../hooks/recent.js';
import { formatClock, formatDateTime } from '../../model/format.js';

/** By the clock and not by age: a line that stays true is not drawn again. */
export const recentLines = (
  found: readonly Happening[],
  height: number,
  nowMs: number,
): readonly Line[] =>
  found.length === 0
    ? [line(' Nothing yet.', 'muted')]
    : found.slice(0, height).map((each) => recentLine(each, nowMs));

const DAY_MS = 24 * 3_600_000;

/** The time today, the day before that. */
function whenText(atMs: number, nowMs: number): string {
  if (nowMs - atMs < DAY_MS) return formatClock(atMs);
  return formatDateTime(atMs).slice('YYYY-'.length, 'YYYY-MM-DD'.length);
}

const recentLine = ({ atMs, level, source, subject, text }: Happening, nowMs: number): Line => [
  span(` ${whenText(atMs, nowMs)}  `, 'muted'),
  span(fitTo(levelText(level, source), 13), LEVEL_TONE[level]),
  span(` ${fitTo(subject, 28)}  `),
  span(text, 'muted'),
];
