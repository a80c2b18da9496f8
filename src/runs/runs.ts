import { rm, writeFile } from 'node:fs/promises';
import type { Clock } from '../clients/clock.js';
import { errorCode, onDisk } from '../clients/disk-error.js';
import { makeDirectory } from '../clients/make-directory.js';
import { ClientError } from '../model/errors.js';
import { asRunId, type RunId } from '../model/ids.js';
import type { RunState, RunSummary } from '../model/run.js';
import { leaveConsent } from './consent-files.js';
import { createRunDir, isRunId, newRunId } from './directory.js';
import { exportScript } from './export-script.js';
import { followJournal, whenChanged } from './follow.js';
import { openJournal } from './journal.js';
import { recordedState } from './named-state.js';
import { createRunReader, lastStarted, readRun, readSummary } from './read-run.js';
import { survivors } from './reattach-command.js';
import { cancelPath, continuePath, journalPath, pausePath, runDir, runsDir } from './run-files.js';
import type { SpawnRun } from './spawn-run.js';
import type { JournalLine, Runs } from './types.js';
import { announceWatcher } from './watchers.js';

export interface RunsWiring {
  /** Holds `runs/`, `locks/`, `watchers/` and `audit.ndjson`. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly spawnRun: SpawnRun;
}

const OPEN: readonly RunState[] = ['starting', 'running', 'paused'];
const WATCH_POLL_MS = 2_000;
const START_WAIT_MS = 3_000;
const START_POLL_MS = 20;

export function createRuns(wiring: RunsWiring): Runs {
  const { stateDir, clock, spawnRun } = wiring;
  const reader = createRunReader(stateDir, clock);
  const directoryOf = (id: RunId): string => runDir(stateDir, knownId(id));
  const load = async (id: RunId) => {
    const directory = directoryOf(id);
    return await readSummary(id, directory, {
      content: await readRun(directory),
      nowMs: clock.now(),
    });
  };

  return {
    async start(request) {
      if (request.level > 0) refuseSecond(request.cluster, await reader.list());
      const id = newRunId(request);
      await spawnRun(await createRunDir(stateDir, id, request));
      return id;
    },

    async resume(id) {
      const { summary, journal } = await load(id);
      if (!(await resume(summary, directoryOf(id), spawnRun))) return;
      const before = startsIn(journal);
      // Until the new process has spoken, the run would still look as it ended.
      for (let waitedMs = 0; waitedMs < START_WAIT_MS; waitedMs += START_POLL_MS) {
        if (startsIn((await load(id)).journal) > before) return;
        await clock.sleep(START_POLL_MS);
      }
    },

    async override(id, consent) {
      const { summary } = await load(id);
      if (summary.state === 'succeeded') throw hasSucceeded(id);
      await leaveConsent(directoryOf(id), consent);
    },

    async pause(id) {
      const { summary } = await load(id);
      if (!OPEN.includes(summary.state)) {
        throw new ClientError(
          'conflict',
          `Run ${id} is not going on: ${summary.state}.`,
          'There is nothing to pause.',
        );
      }
      await touch(pausePath(directoryOf(id)));
    },

    async cancel(id) {
      const { summary, journal } = await load(id);
      if (OPEN.includes(summary.state)) {
        await touch(cancelPath(directoryOf(id)));
        const pid = lastStarted(journal)?.pid;
        if (pid !== undefined && summary.pid === pid) signal(pid);
      } else if (summary.state === 'interrupted') {
        await closeInterrupted(directoryOf(id), clock);
      } else {
        throw new ClientError(
          'conflict',
          `Run ${id} has already ended: ${summary.state}.`,
          'There is nothing to cancel.',
        );
      }
    },

    list: reader.list,

    async show(id) {
      return await load(id);
    },

    follow: (id, onLine) =>
      both(announceWatcher(stateDir), followJournal(directoryOf(id), onLine, clock)),

    watch: (onChange) => both(announceWatcher(stateDir), watchRuns(wiring, reader.list, onChange)),

    async exportScript(id) {
      const { request, journal } = await load(id);
      return exportScript(id, request, journal);
    },
  };
}

const startsIn = (journal: readonly JournalLine[]): number =>
  journal.filter(({ type }) => type === 'started').length;

const both = (first: () => void, second: () => void) => (): void => {
  first();
  second();
};

/** @throws ClientError for text that cannot name a run, before it becomes part of a path. */
function knownId(id: RunId): RunId {
  if (isRunId(id)) return asRunId(id);
  throw new ClientError(
    'not-found',
    `There is no run ${id}.`,
    'List the runs with `talos-tui runs list`.',
  );
}

/** The lock of the run process decides; this only tells the operator at once. */
function refuseSecond(cluster: string, runs: readonly RunSummary[]): void {
  const other = runs.find((run) => run.cluster === cluster && OPEN.includes(run.state));
  if (other === undefined) return;
  throw new ClientError(
    'refused',
    `${other.operator} is already changing ${cluster}: ${other.summary} (${other.state}).`,
    `Wait for it or cancel it: \`talos-tui runs cancel ${other.id}\`.`,
  );
}

/** @returns whether a new process was started. */
async function resume(
  summary: RunSummary,
  directory: string,
  spawnRun: SpawnRun,
): Promise<boolean> {
  switch (summary.state) {
    case 'paused':
      await remove(pausePath(directory));
      await touch(continuePath(directory));
      return false;
    case 'interrupted':
    case 'failed':
    case 'cancelled':
      for (const path of [cancelPath, pausePath, continuePath]) await remove(path(directory));
      await spawnRun(directory);
      return true;
    case 'starting':
    case 'running':
      throw new ClientError(
        'conflict',
        `Run ${summary.id} is still going on.`,
        `Follow it with \`talos-tui runs follow ${summary.id}\`.`,
      );
    case 'succeeded':
      throw hasSucceeded(summary.id);
  }
}

const hasSucceeded = (id: RunId): ClientError =>
  new ClientError(
    'conflict',
    `Run ${id} has succeeded.`,
    'Plan the action again to do it once more.',
  );

const remove = (path: string): Promise<void> =>
  onDisk(`${path} cannot be removed`, () => rm(path, { force: true }));

const touch = (path: string): Promise<void> =>
  onDisk(`${path} cannot be written`, () => writeFile(path, '', { mode: 0o600 }));

/** Only makes it notice the cancel file sooner. */
function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

async function closeInterrupted(directory: string, clock: Clock): Promise<void> {
  const { request, journal: lines } = await readRun(directory);
  const { hasBegun, text } = recordedState(request, lines);
  const living = survivors(lines).map(({ pid }) => `Its command goes on by itself (pid ${pid}).`);
  const stands = hasBegun ? 'what it did until then stands.' : 'nothing was changed.';
  const journal = openJournal(journalPath(directory), clock);
  journal.append({
    type: 'cancelled',
    state: [`The run process had died; ${stands}`, text, ...living].join(' ').trim(),
    hint: hasBegun
      ? 'Resume it to continue where it stopped, or look at its steps and plan the action again.'
      : 'Plan the action again.',
  });
  journal.close();
}

/** Calls at once and whenever anything about any run changes. */
function watchRuns(
  { stateDir, clock }: RunsWiring,
  list: Runs['list'],
  onChange: (runs: readonly RunSummary[]) => void,
): () => void {
  makeWatchable(runsDir(stateDir));
  let open: readonly string[] = [];
  let last = '';
  let isStopped = false;
  const stop = whenChanged(() => [runsDir(stateDir), ...open], {
    pollMs: WATCH_POLL_MS,
    clock,
    run: async () => {
      const runs = await list();
      open = runs.filter(({ state }) => OPEN.includes(state)).map(({ id }) => runDir(stateDir, id));
      const now = JSON.stringify(runs);
      if (now === last || isStopped) return;
      last = now;
      onChange(runs);
    },
  });
  return () => {
    isStopped = true;
    stop();
  };
}

/** A directory that comes later would only be noticed by the next poll. */
function makeWatchable(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    // Starting a run will say it; looking at none needs no directory.
    if (errorCode(error) === null) throw error;
  }
}
