import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { Clock } from '../clients/clock.js';
import { diskError } from '../clients/disk-error.js';
import type { JournalLine } from './types.js';

/** A journal line before it is stamped. */
export type JournalEntry = JournalLine extends infer Line
  ? Line extends JournalLine
    ? Omit<Line, 'atMs'>
    : never
  : never;

export interface Journal {
  /** On disk when it returns: an effect may follow. @throws ClientError kind `disk`: then nothing may follow. */
  readonly append: (entry: JournalEntry) => void;
  /** Whether this process has already said how the run ended. */
  readonly isConcluded: () => boolean;
  readonly close: () => void;
}

const CONCLUSIONS: readonly JournalEntry['type'][] = ['succeeded', 'failed', 'cancelled'];

const NEWLINE = 0x0a;

/**
 * Opens for appending. Writes are synchronous on purpose: whatever the code does next must come after the line.
 * Imports nothing heavy, because the first line must be on disk within 300 ms of the confirmation.
 */
export function openJournal(path: string, clock: Pick<Clock, 'now'>): Journal {
  const fd = openSync(path, 'a+', 0o600);
  if (endsInside(fd)) writeSync(fd, '\n');
  let isConcluded = false;
  return {
    isConcluded: () => isConcluded,
    append(entry) {
      try {
        writeSync(fd, `${JSON.stringify({ atMs: clock.now(), ...entry })}\n`);
        fsyncSync(fd);
      } catch (error) {
        throw diskError(`The journal ${path} cannot be written`, error);
      }
      isConcluded ||= CONCLUSIONS.includes(entry.type);
    },
    close: () => closeSync(fd),
  };
}

/** A crash may have cut the last line: it must not swallow the next one. */
function endsInside(fd: number): boolean {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
}
