import { paragraph } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import { capitalised } from '../../hooks/sentence.js';
import type { OperatorError } from '../../model/errors.js';
import { formatAge } from '../../model/format.js';
import type { Reading } from '../../model/reading.js';
import { unreachable } from '../../model/unreachable.js';

/** What stands above or instead of data that is not fresh; nothing while it is. */
export function readingLines(
  reading: Reading<unknown>,
  what: string,
  nowMs: number,
  width: number,
): readonly Line[] {
  switch (reading.state) {
    case 'fresh':
      return [];
    case 'waiting':
      return [[span(' '), levelSpan('wait', `Waiting for ${what}`)]];
    case 'stale': {
      const age = formatAge(Math.max(0, nowMs - reading.readAtMs));
      return notice(
        'warn',
        `${what}: last read ${age === 'now' ? 'just now' : `${age} ago`}`,
        reading.error,
        width,
      );
    }
    case 'failed':
      return notice('fail', `${what} cannot be read`, reading.error, width);
    default:
      return unreachable(reading);
  }
}

function notice(
  level: 'warn' | 'fail',
  title: string,
  { message, hint }: OperatorError,
  width: number,
): readonly Line[] {
  return [
    [span(' '), levelSpan(level, capitalised(title))],
    ...[...paragraph(message, width - 4, 'muted'), ...paragraph(hint, width - 4, 'accent')].map(
      (spans): Line => [span('   '), ...spans],
    ),
  ];
}

/** What an empty table says: waiting, unreadable and empty are three things. */
export function emptyTextOf(reading: Reading<unknown>, what: string, none: string): string {
  switch (reading.state) {
    case 'waiting':
      return `Waiting for ${what}`;
    case 'failed':
      return `${capitalised(what)} cannot be read`;
    case 'fresh':
    case 'stale':
      return none;
    default:
      return unreachable(reading);
  }
}
