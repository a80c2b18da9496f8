import { basename } from 'node:path';
import { levelSpan } from '../../components/levels.js';
import { type Line, line, span } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import { formatAge, formatBytes } from '../../model/format.js';
import type { Reading } from '../../model/reading.js';
import type { CatalogueEntry } from '../../model/run.js';
import { readingLines } from './reading-lines.js';

/** The catalogue, newest first, one line each. */
export function snapshotLines(
  reading: Reading<unknown>,
  entries: readonly CatalogueEntry[],
  nowMs: number,
  width: number,
): readonly Line[] {
  const notice = readingLines(reading, 'the snapshot catalogue', nowMs, width);
  if (entries.length === 0) {
    return notice.length > 0 ? notice : [line(' None taken yet.', 'muted')];
  }
  return [...notice, ...entries.map((entry) => snapshotLine(entry, nowMs))];
}

function snapshotLine(entry: CatalogueEntry, nowMs: number): Line {
  const age = formatAge(Math.max(60_000, nowMs - entry.takenAtMs));
  return [
    span(' '),
    entry.isVerified ? levelSpan('ok', 'verified') : levelSpan('fail', 'broken  '),
    span(`  ${fitTo(age, 4, 'right')}  ${fitTo(formatBytes(entry.sizeBytes), 9, 'right')}`),
    span(`  ${fitTo(entry.sourceNode, 12)}`, 'muted'),
    entry.isVerified
      ? span(`  ${basename(entry.file)}`, 'muted')
      : span(`  ${entry.problems[0] ?? 'not verified'}`, 'fail'),
  ];
}
