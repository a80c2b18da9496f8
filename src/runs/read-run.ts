import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../clients/clock.js';
import { errorCode } from '../clients/disk-error.js';
import { OperatorError } from '../model/errors.js';
import type { RunId } from '../model/ids.js';
import type { RunSummary } from '../model/run.js';
import { listRunIds, readRequest } from './directory.js';
import { readJournal } from './journal-lines.js';
import { isSameProcess } from './process-identity.js';
import { cancelPath, journalPath, pausePath, runDir } from './run-files.js';
import { type Liveness, runSummary } from './run-summary.js';
import type { JournalLine, RunRequest } from './types.js';

export interface RunContent {
  readonly request: RunRequest;
  readonly journal: readonly JournalLine[];
}

/** @throws ClientError kind `not-found` or `malformed` */
export async function readRun(directory: string): Promise<RunContent> {
  const request = await readRequest(directory);
  return { request, journal: readJournal(await journalText(directory)).lines };
}

/** Empty before the process has written its first line. */
async function journalText(directory: string): Promise<string> {
  try {
    return await readFile(journalPath(directory), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

export type StartedLine = JournalLine & { readonly type: 'started' };

export const lastStarted = (journal: readonly JournalLine[]): StartedLine | undefined =>
  journal.findLast((line) => line.type === 'started');

export function livenessOf(journal: readonly JournalLine[]): Liveness {
  const started = lastStarted(journal);
  if (started === undefined) return null;
  return isSameProcess(started.pid, started.processStart) ? 'alive' : 'dead';
}

const summaryOf = (id: RunId, { request, journal }: RunContent, nowMs: number): RunSummary =>
  runSummary({ id, request, journal, liveness: livenessOf(journal), nowMs });

/** A run as it is now, from its directory or from what was read of it before. */
export async function readSummary(
  id: RunId,
  directory: string,
  { content, nowMs }: { readonly content: RunContent; readonly nowMs: number },
): Promise<RunContent & { readonly summary: RunSummary }> {
  const summary = summaryOf(id, content, nowMs);
  if (summary.state === 'starting' || summary.state === 'running') {
    return { ...content, summary: { ...summary, ...(await askedOf(directory)) } };
  }
  if (summary.state !== 'interrupted') return { ...content, summary };
  // A process that closes its journal and ends between our two looks would seem to have died without a word. Now
  // that it is dead, the journal cannot grow any more.
  const last = await readRun(directory);
  return { ...last, summary: summaryOf(id, last, nowMs) };
}

/** A wish stands in a file until the run comes to a place where it can grant it. */
async function askedOf(directory: string): Promise<Pick<RunSummary, 'asked'>> {
  if ((await versionOf(cancelPath(directory))) !== NO_FILE) return { asked: 'cancel' };
  if ((await versionOf(pausePath(directory))) !== NO_FILE) return { asked: 'pause' };
  return {};
}

export interface RunReader {
  /** Newest first. @throws ClientError kind `disk` */
  readonly list: () => Promise<readonly RunSummary[]>;
}

interface Known {
  readonly version: string;
  readonly content: RunContent;
  /** Of a run that has ended: only a new journal line can change it. */
  readonly ended: RunSummary | null;
}

/** Reads all runs; what has not grown since the last time is not read again. */
export function createRunReader(stateDir: string, clock: Pick<Clock, 'now'>): RunReader {
  const known = new Map<RunId, Known>();

  async function summary(id: RunId): Promise<RunSummary | null> {
    const directory = runDir(stateDir, id);
    const version = await versionOf(journalPath(directory));
    const before = known.get(id);
    const isSame = before?.version === version;
    if (isSame && before.ended !== null) return before.ended;
    const read = isSame ? before.content : await readOrNull(directory);
    if (read === null) return null;
    const { summary: now, ...content } = await readSummary(id, directory, {
      content: read,
      nowMs: clock.now(),
    });
    known.set(id, { version, content, ended: now.endedAtMs === null ? null : now });
    return now;
  }

  return {
    async list() {
      const ids = await listRunIds(stateDir);
      const summaries = await Promise.all(ids.map(summary));
      return summaries.filter((each) => each !== null).toReversed();
    },
  };
}

/** Null for a directory that is none of ours or of another version. */
async function readOrNull(directory: string): Promise<RunContent | null> {
  try {
    return await readRun(directory);
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

const NO_FILE = 'none';

/** Changes with every line that is appended. */
async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size}:${mtimeMs}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return NO_FILE;
    throw error;
  }
}
