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
  let isConcluded = false;
  return {
    isConcluded: () => isConcluded,
    append(entry) {
      try {
        writeLine(fd, JSON.stringify({ atMs: clock.now(), ...entry }));
        fsyncSync(fd);
      } catch (error) {
        throw diskError(`The journal ${path} cannot be written`, error);
      }
      isConcluded ||= CONCLUSIONS.includes(entry.type);
    },
    close: () => closeSync(fd),
  };
}

/** Whole or not at all, as far as the next reader is concerned. */
function writeLine(fd: number, line: string): void {
  // A crash or a full disk may have cut the line before: it must not swallow this one.
  const bytes = Buffer.from(`${endsInside(fd) ? '\n' : ''}${line}\n`);
  // A disk that fills up takes a part and says so only to the next write.
  for (let taken = 0; taken < bytes.length; ) taken += writeSync(fd, bytes, taken);
}

function endsInside(fd: number): boolean {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
}

/**
 * Whether another process brought the run to an end since this one was asked to go on with it. A run that succeeded
 * is never gone on with, so that its end stands however late a second process begins.
 */
export function hasEndedMeanwhile(asked: string, now: string): boolean {
  const type = lastTypeIn(now);
  return type === 'succeeded' || (now !== asked && CONCLUSIONS.some((end) => end === type));
}

/** Without the schema, which takes too long to load before the first line. */
function lastTypeIn(text: string): unknown {
  try {
    const line: unknown = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
    return typeof line === 'object' && line !== null && 'type' in line ? line.type : null;
  } catch {
    return null;
  }
}
