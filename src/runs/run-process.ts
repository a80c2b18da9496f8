import { existsSync, readFileSync, rmSync, watch } from 'node:fs';
import { hostname } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Action } from '../actions/types.js';
import { type Clock, systemClock } from '../clients/clock.js';
import type { Connection } from '../model/connection.js';
import { OperatorError } from '../model/errors.js';
import { asRunId } from '../model/ids.js';
import { BUG_HINT, bugText } from './bug.js';
import { type Flock, tryFlock } from './flock.js';
import { hasEndedMeanwhile, type Journal, type JournalEntry, openJournal } from './journal.js';
import type { Outcome } from './perform.js';
import { processStartOf } from './process-identity.js';
import { cancelPath, continuePath, journalPath, pausePath, processLockPath } from './run-files.js';
import type { RunSession } from './session.js';

/** What a run process can do and with whom; loaded only after its first journal line is written. */
export interface RunWorld {
  readonly actions: readonly Action[];
  readonly attach: (connection: Connection) => Promise<RunSession>;
}

/**
 * A run process from its first line to its exit code. The first line stands before anything heavy is imported:
 * from the confirmation to that line there are 300 ms.
 */
export async function runProcess(
  directory: string,
  load: () => Promise<RunWorld>,
): Promise<number> {
  const runDir = resolve(directory);
  const asked = textOf(journalPath(runDir));
  const own = await patientFlock(processLockPath(runDir), systemClock);
  // Somebody resumed the run a moment earlier.
  if (own === null) return EXIT_CODES.succeeded;
  const earlier = textOf(journalPath(runDir));
  if (hasEndedMeanwhile(asked, earlier)) {
    own.release();
    return EXIT_CODES.succeeded;
  }
  // Before the first line, which gives our pid away: a signal that follows it must find us listening.
  const cancel = listenForCancel(runDir, systemClock);
  const journal = openJournal(journalPath(runDir), systemClock);
  journal.append({
    type: 'started',
    pid: process.pid,
    processStart: processStartOf(process.pid) ?? '',
    host: hostname(),
    resumed: earlier !== '',
  });
  try {
    const outcome = await conductRun({ runDir, earlier, journal, cancel: cancel.signal, load });
    return EXIT_CODES[outcome];
  } catch (error) {
    if (!journal.isConcluded()) journal.append(conclusion(error, earlier !== ''));
    if (error instanceof OperatorError) return EXIT_CODES.failed;
    throw error;
  } finally {
    cancel.stop();
    journal.close();
    own.release();
  }
}

const LOCK_TRIES = 30;
const LOCK_POLL_MS = 100;

/** A killed process may still be closing its files, or a child of its own may not have begun: that is soon over. */
async function patientFlock(path: string, clock: Clock): Promise<Flock | null> {
  for (let tries = 1; ; tries++) {
    const lock = tryFlock(path);
    if (lock !== null || tries === LOCK_TRIES) return lock;
    await clock.sleep(LOCK_POLL_MS);
  }
}

const EXIT_CODES: Readonly<Record<Outcome, number>> = { succeeded: 0, failed: 1, cancelled: 130 };

/** For what went wrong before any step of this process. */
const conclusion = (error: unknown, isResumed: boolean): JournalEntry => ({
  type: 'failed',
  step: null,
  ...(error instanceof OperatorError
    ? { error: error.message, hint: error.hint }
    : { error: bugText(error), hint: BUG_HINT }),
  state: isResumed
    ? 'What the run did before stands; nothing more was changed.'
    : 'Nothing was changed.',
});

interface Prepared {
  readonly runDir: string;
  readonly earlier: string;
  readonly journal: Journal;
  readonly cancel: AbortSignal;
  readonly load: () => Promise<RunWorld>;
}

async function conductRun({ runDir, earlier, journal, cancel, load }: Prepared): Promise<Outcome> {
  const stateDir = resolve(runDir, '..', '..');
  const [{ conduct }, { readRequest }, { readJournal }, { isWatched }, { takeConsents }, world] =
    await Promise.all([
      import('./conduct.js'),
      import('./directory.js'),
      import('./journal-lines.js'),
      import('./watchers.js'),
      import('./consent-files.js'),
      load(),
    ]);
  return await conduct({
    id: asRunId(basename(runDir)),
    stateDir,
    runDir,
    request: await readRequest(runDir),
    earlier: readJournal(earlier).lines,
    journal,
    clock: systemClock,
    env: process.env,
    host: hostname(),
    pid: process.pid,
    ...world,
    isWatched: () => isWatched(stateDir),
    isPauseWished: () => existsSync(pausePath(runDir)),
    takeContinue: () => takeFile(continuePath(runDir)),
    takeConsents: (accept) => takeConsents(runDir, accept),
    cancel,
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The first process of a run finds no journal; a journal that cannot be read cannot be opened either.
    return '';
  }
}

function takeFile(path: string): boolean {
  const isThere = existsSync(path);
  if (isThere) rmSync(path, { force: true });
  return isThere;
}

const CANCEL_POLL_MS = 500;

/** By file, which also reaches a process that is just starting, or by signal. SIGHUP is no reason to stop. */
function listenForCancel(
  runDir: string,
  clock: Clock,
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const look = (): void => {
    if (existsSync(cancelPath(runDir))) abort();
  };
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', abort);
  process.on('SIGINT', abort);
  const watcher = watch(runDir, look);
  let stopTimer = (): void => undefined;
  const poll = (): void => {
    look();
    stopTimer = clock.after(CANCEL_POLL_MS, poll);
  };
  poll();
  return {
    signal: controller.signal,
    stop() {
      stopTimer();
      watcher.close();
    },
  };
}
