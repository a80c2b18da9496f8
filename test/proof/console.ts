import { readFileSync } from 'node:fs';
import type { RunId } from '../../src/model/ids.js';
import { planPath, runDir } from '../../src/runs/run-files.js';
import type { RunRequest } from '../../src/runs/types.js';
import { openPty, type PtySession } from '../support/pty.js';
import type { Wishes } from './main.js';
import { openPlace, type Place } from './place.js';
import { programArgv } from './program.js';
import { type RunView, showRun, startRun } from './run-view.js';

const PATIENCE_MS = 120_000;
const POLL_MS = 2;
const HANG_UPS = ['SIGHUP', 'terminal killed', 'SIGKILL'] as const;
type HangUp = (typeof HANG_UPS)[number];

interface Sample {
  readonly how: HangUp;
  readonly goneMs: number;
  readonly step: string;
  readonly isStepDone: boolean;
  readonly isPaused: boolean;
}

/**
 * A console watches a run that pauses when nobody does; it loses its terminal within a disruptive step. Then the
 * console must be gone, the step be finished and the next disruption not begun.
 * @returns how many samples were otherwise.
 */
export async function proveConsole(wishes: Wishes): Promise<number> {
  const samples: Sample[] = [];
  for (
    let seed = wishes.seed;
    samples.length < wishes.most && wishes.mode !== 'keep-going';
    seed += 1
  ) {
    samples.push(...(await hangUpInOneRun(seed, samples.length, wishes)));
  }
  const stopped = await countStopped(wishes);
  const goneMs = samples.map(({ goneMs: ms }) => ms).toSorted((a, b) => a - b);
  const at = (ratio: number): number =>
    Math.round(goneMs[Math.ceil(goneMs.length * ratio) - 1] ?? 0);
  wishes.say(
    `n = ${samples.length}: console gone p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  );
  const lateOrWrong = samples.filter(
    ({ goneMs: ms, isStepDone, isPaused }) => ms > 1000 || !isStepDone || !isPaused,
  );
  return lateOrWrong.length + stopped;
}

/** With --keep-going a run does not care who watches. @returns how many did not come to their end. */
async function countStopped({ seed, say }: Wishes): Promise<number> {
  let stopped = 0;
  for (const how of HANG_UPS) {
    const place = await openPlace({ scenario: 'healthy', seed });
    try {
      const watcher = await openWatcher(place, how);
      const run = await startRun(place, ['reboot-node', '--set', 'node=talos-w-01']);
      if (!('id' in run)) throw new Error(run.said);
      await nextCommand(run, 0);
      const goneMs = await hangUp(watcher, how);
      const { exitCode } = await place.cli('runs', 'follow', run.id);
      const hasPaused = run.journal().some(({ type }) => type === 'paused');
      if (exitCode !== 0 || hasPaused) stopped += 1;
      say(
        `${how}, --keep-going: console gone after ${Math.round(goneMs)} ms, exit ${exitCode}, ${hasPaused ? 'PAUSED' : 'never paused'}`,
      );
    } finally {
      await place.close();
    }
  }
  return stopped;
}

/** Each drain and reboot of a rolling reboot is one sample; after the last one of a run nothing is left to pause at. */
async function hangUpInOneRun(
  seed: number,
  taken: number,
  { say }: Wishes,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const place = await openPlace({ scenario: 'healthy', seed });
  try {
    let watcher = await openWatcher(place, howOf(taken));
    const started = await startRun(place, ['reboot-node', '--set', 'node=all'], []);
    if (!('id' in started)) throw new Error(started.said);
    const last = lastReboot(place, started.id);
    let from = 0;
    for (;;) {
      const step = await nextCommand(started, from);
      if (step === null || step.id === last) break;
      const how = howOf(taken + samples.length);
      const goneMs = await hangUp(watcher, how);
      const isStepDone = await until(() => hasDone(started, step.id));
      const isPaused = await until(() => isPausedUnwatched(started, step.at));
      const sample = { how, goneMs, step: step.id, isStepDone, isPaused };
      samples.push(sample);
      say(
        `${how} within ${step.id}: console gone after ${Math.round(goneMs)} ms, step ${isStepDone ? 'done' : 'NOT DONE'}, run ${isPaused ? 'paused' : 'NOT PAUSED'}`,
      );
      from = started.journal().length;
      watcher = await openWatcher(place, howOf(taken + samples.length));
      const follower = openPty({
        argv: programArgv('runs', 'continue', started.id),
        env: place.env,
      });
      await until(() =>
        started
          .journal()
          .slice(from)
          .some(({ type }) => type === 'intent'),
      );
      follower.kill();
    }
    await until(() => started.journal().some(({ type }) => type === 'succeeded'));
    say(`the run: ${(await showRun(place, started.id)).state}`);
    watcher.session.kill();
  } finally {
    await place.close();
  }
  return samples;
}

const howOf = (index: number): HangUp => HANG_UPS[index % HANG_UPS.length] ?? 'SIGHUP';

/** The last step of the plan that needs somebody's leave. */
function lastReboot(place: Place, id: string): string {
  const path = planPath(runDir(place.stateDir, id as RunId));
  const { steps } = JSON.parse(readFileSync(path, 'utf8')) as RunRequest;
  return steps.findLast((step) => step.id.startsWith('reboot-'))?.id ?? '';
}

interface Watcher {
  readonly session: PtySession;
  /** Of the console itself; the terminal may be another process. */
  readonly pid: number;
}

const quoted = (word: string): string => `'${word}'`;

/** For a terminal that dies: the console runs in that of `script`, which is killed. */
async function openWatcher(place: Place, how: HangUp): Promise<Watcher> {
  const argv = programArgv();
  const session = openPty({
    argv:
      how === 'terminal killed'
        ? ['script', '-qec', `exec ${argv.map(quoted).join(' ')}`, '/dev/null']
        : argv,
    env: place.env,
    columns: 120,
    rows: 40,
  });
  await session.waitFor('talos-w-01', PATIENCE_MS);
  session.press('9');
  await session.waitFor('Command log', PATIENCE_MS);
  return { session, pid: how === 'terminal killed' ? childOf(session.pid) : session.pid };
}

const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

/** @returns milliseconds until the console was no process any more. */
async function hangUp({ session, pid }: Watcher, how: HangUp): Promise<number> {
  const startedMs = performance.now();
  session.kill(how === 'SIGHUP' ? 'SIGHUP' : 'SIGKILL');
  while (isAlive(pid)) await sleep(POLL_MS);
  return performance.now() - startedMs;
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}

/** The next disruptive step whose command has been started. */
async function nextCommand(
  run: RunView,
  from: number,
): Promise<{ readonly id: string; readonly at: number } | null> {
  let found: { readonly id: string; readonly at: number } | null = null;
  await until(() => {
    const journal = run.journal();
    const at = journal.findIndex(
      (line, index) => index >= from && line.type === 'pid' && /^(drain|reboot)-/.test(line.step),
    );
    const line = journal[at];
    if (line?.type === 'pid') found = { id: line.step, at };
    return found !== null || journal.some(({ type }) => type === 'succeeded' || type === 'failed');
  });
  return found;
}

const hasDone = ({ journal }: RunView, step: string): boolean =>
  journal().some((line) => line.type === 'done' && line.step === step);

const isPausedUnwatched = ({ journal }: RunView, from: number): boolean =>
  journal()
    .slice(from)
    .some((line) => line.type === 'paused' && line.reason.startsWith('Nobody watches'));

async function until(isSo: () => boolean): Promise<boolean> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpMs) {
    if (isSo()) return true;
    await sleep(POLL_MS * 5);
  }
  return false;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
