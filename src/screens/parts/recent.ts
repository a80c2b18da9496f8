import { LEVEL_TONE, levelText } from '../../components/levels.js';
import { type Line, line, span } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import { type Happening, happenings } from '../../hooks/recent.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { formatClock } from '../../model/format.js';

export const useRecent = (): readonly Happening[] => useSnapshot(happenings);

/** By the clock and not by age: a line that stays true is not drawn again. */
export const recentLines = (found: readonly Happening[], height: number): readonly Line[] =>
  found.length === 0 ? [line(' Nothing yet.', 'muted')] : found.slice(0, height).map(recentLine);

const recentLine = ({ atMs, level, source, subject, text }: Happening): Line => [
  span(` ${formatClock(atMs)}  `, 'muted'),
  span(fitTo(levelText(level, source), 13), LEVEL_TONE[level]),
  span(` ${fitTo(subject, 28)}  `),
  span(text, 'muted'),
];
