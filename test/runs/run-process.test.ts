import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Answers } from '../../src/actions/types.js';
import { systemClock } from '../../src/clients/clock.js';
import { errorCode } from '../../src/clients/disk-error.js';
import type { RunId } from '../../src/model/ids.js';
import type { RunState } from '../../src/model/run.js';
import { tryFlock } from '../../src/runs/flock.js';
import { runRequest } from '../../src/runs/request.js';
import { processLockPath } from '../../src/runs/run-files.js';
import { createRuns } from '../../src/runs/runs.js';
import { spawnRunWith } from '../../src/runs/spawn-run.js';
import type { JournalLine, RunRequest, Runs } from '../../src/runs/types.js';
import { aSnapshot } from '../support/builders.js';
import { aConnection, goodFacts } from '../support/run-world.js';
import { tempDir } from '../support/temp-dir.js';
import { actions } from '../support/test-actions.js';

let entry = '';

beforeAll(async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'talos-tui-test-'));
  await build({
    entryPoints: { index: join(import.meta.dirname, '../support/test-run-process.ts') },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);",
    },
  });
  entry = join(outdir, 'index.mjs');
  return () => rm(outdir, { recursive: true });
});

interface World {
  readonly stateDir: string;
  readonly runs: Runs;
  readonly directory: string;
  readonly request: (change?: Partial<RunRequest>) => RunRequest;
  /** One whose first command waits until it is let go. */
  readonly held: () => RunRequest;
  readonly letGo: () => void;
  /** One whose second step is held by a gate that the plan does not have. */
  readonly gated: () => RunRequest;
  readonly state: (id: RunId) => Promise<RunState>;
  readonly until: (id: RunId, state: RunState) => Promise<void>;
  /** Until the last line of its journal is of this kind: with "pid" its command goes on. */
  readonly untilLast: (id: RunId, type: JournalLine['type']) => Promise<void>;
  /** kill -9 of its process, and the wait until that is seen. */
  readonly kill: (id: RunId) => Promise<void>;
  readonly journalOf: (id: RunId) => string;
}

async function aWorld(): Promise<World> {
  const stateDir = await tempDir();
  const directory = await tempDir();
  const runs = createRuns({
    stateDir,
    clock: systemClock,
    spawnRun: spawnRunWith([process.execPath, entry]),
  });
  const hold = join(await tempDir(), 'hold');
  const state = async (id: RunId) => (await runs.show(id)).summary.state;
  const until = (id: RunId, wanted: RunState) =>
    eventually(async () => expect(await state(id)).toBe(wanted));
  const request = (answers: Answers, change: Partial<RunRequest> = {}) => ({
    ...aRequestFor({ directory, ...answers }),
    ...change,
  });
  onTestFinished(async () => {
    for (const { id, state } of await runs.list()) {
      if (state === 'running' || state === 'paused') await runs.cancel(id);
    }
  });
  return {
    stateDir,
    runs,
    directory,
    state,
    journalOf: (id) => join(stateDir, 'runs', id, 'journal.ndjson'),
    request: (change) => request({}, change),
    held() {
      writeFileSync(hold, '');
      return request({ hold });
    },
    letGo: () => rmSync(hold),
    gated: () => request({ directory: mkdtempSync(join(directory, 'gated-')), gate: 'G-TEST' }),
    until,
    untilLast: (id, type) =>
      eventually(async () => expect((await runs.show(id)).journal.at(-1)?.type).toBe(type)),
    async kill(id) {
      const { pid } = (await runs.show(id)).summary;
      if (pid === null) throw new Error('It has no process.');
      process.kill(pid, 'SIGKILL');
      await until(id, 'interrupted');
    },
  };
}

/** Real processes take their time; the machine may be busy. */

const eventually = <T>(check: () => Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 60_000, interval: 20 });

function aRequestFor(answers: Answers): RunRequest {
  const connection = aConnection();
  const [action] = actions;
  const plan = action?.plan({
    snapshot: aSnapshot(),
    answers,
    connection,
    facts: goodFacts(),
    nowMs: systemClock.now(),
  });
  if (plan?.kind !== 'plan') throw new Error('The test action always has a plan.');
  return runRequest(plan, {
    connection,
    operator: 'ops',
    nowMs: systemClock.now(),
    keepGoing: true,
    overrides: [],
    gates: [],
  });
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** As a crash of the machine leaves it. Without its first line a run would look as if it were still starting. */
function cutLastLine(path: string): void {
  const text = readFileSync(path, 'utf8');
  if (text.trimEnd().includes('\n')) writeFileSync(path, text.slice(0, -7));
}

const linesIn = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;
const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a confirmed plan runs in a process of its own, and whoever follows sees every line', async () => {
  const { runs, request, until, directory, stateDir } = await aWorld();
  const id = await runs.start(request());
  const seen: JournalLine[] = [];
  onTestFinished(runs.follow(id, (line) => seen.push(line)));

  await until(id, 'succeeded');
  const { journal, summary } = await runs.show(id);
  await eventually(async () => expect(seen).toEqual(journal));

  expect(summary.steps.map(({ state }) => state)).toEqual(['done', 'done']);
  expect(journal.map(({ type }) => type)).toEqual([
    'started',
    ...['step', 'intent', 'pid', 'exit', 'done'],
    ...['step', 'intent', 'pid', 'exit', 'done'],
    'succeeded',
  ]);
  expect(linesIn(join(directory, 'first'))).toBe(1);
  const runDir = join(stateDir, 'runs', id);
  expect([modeOf(runDir), modeOf(join(runDir, 'plan.json'))]).toEqual([0o700, 0o600]);
  expect(modeOf(join(runDir, 'journal.ndjson'))).toBe(0o600);
});

test('kill -9 of the run process leaves its command alone; the resumed run does nothing twice', async () => {
  const { runs, held, letGo, until, untilLast, kill, state, directory } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);
  expect(existsSync(join(directory, 'first'))).toBe(false);

  await runs.resume(id);
  await untilLast(id, 'observed');
  expect(await state(id)).toBe('running');
  letGo();
  await until(id, 'succeeded');

  const { journal } = await runs.show(id);
  expect(journal.filter(({ type }) => type === 'started')).toMatchObject([
    { resumed: false },
    { resumed: true },
  ]);
  expect(journal).toContainEqual(
    expect.objectContaining({
      type: 'observed',
      lastSeen: expect.stringContaining('the command of the earlier process still runs'),
    }),
  );
  expect(journal).toContainEqual(
    expect.objectContaining({ type: 'already-done', step: 'first', evidence: '1 line' }),
  );
  expect(linesIn(join(directory, 'first'))).toBe(1);
  expect(linesIn(join(directory, 'second'))).toBe(1);
});

test('a command that nobody could journal any more is waited for before the run goes on', async () => {
  const { runs, held, letGo, until, untilLast, kill, directory, journalOf } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);
  // As if it had been killed between the start of the command and the line that names its process.
  const lines = readFileSync(journalOf(id), 'utf8').trimEnd().split('\n');
  await writeFile(journalOf(id), `${lines.slice(0, -1).join('\n')}\n`);

  await runs.resume(id);
  await eventually(async () => {
    expect((await runs.show(id)).journal).toContainEqual(
      expect.objectContaining({ text: 'A command of the earlier process still runs.' }),
    );
  });
  letGo();
  await until(id, 'succeeded');

  expect(linesIn(join(directory, 'first'))).toBe(1);
});

test('a run that is killed again and again, its last line cut, still does everything once', async () => {
  const { runs, held, letGo, until, state, directory, journalOf } = await aWorld();
  const id = await runs.start(held());
  for (const pauseMs of [0, 30, 60, 90, 120, 150]) {
    await eventually(async () => expect(['running', 'succeeded']).toContain(await state(id)));
    // Anywhere in its life: no fact is waited for.
    await systemClock.sleep(pauseMs);
    if (pauseMs === 60) letGo();
    const { pid } = (await runs.show(id)).summary;
    if (pid !== null) killIfAlive(pid);
    await eventually(async () => expect(['interrupted', 'succeeded']).toContain(await state(id)));
    if ((await state(id)) === 'succeeded') break;
    cutLastLine(journalOf(id));
    await runs.resume(id);
  }

  await until(id, 'succeeded');
  expect([linesIn(join(directory, 'first')), linesIn(join(directory, 'second'))]).toEqual([1, 1]);
});

test('a re-attached command shows its output, and its proof decides what its exit code cannot tell', async () => {
  const { runs, held, letGo, until, untilLast, kill } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);
  await runs.resume(id);
  await eventually(async () => {
    const { journal } = await runs.show(id);
    expect(journal.at(-1)).toMatchObject({ type: 'observed', lastSeen: 'writes a line' });
  });
  letGo();
  await until(id, 'succeeded');

  const { journal } = await runs.show(id);
  expect(journal).toContainEqual(
    expect.objectContaining({ type: 'observed', step: 'first', lastSeen: 'writes a line' }),
  );
  expect(journal).toContainEqual(
    expect.objectContaining({ type: 'exit', step: 'first', exitCode: null }),
  );
});

test('a run is resumed although its killed process has not let go of it yet', async () => {
  const { runs, held, letGo, until, untilLast, kill, stateDir } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);
  letGo();
  const lock = await eventually(async () => {
    const taken = tryFlock(processLockPath(join(stateDir, 'runs', id)));
    if (taken === null) throw new Error('The killed process holds it.');
    return taken;
  });
  const stopTimer = systemClock.after(700, lock.release);
  onTestFinished(stopTimer);

  await runs.resume(id);
  await until(id, 'succeeded');
});

test('cancelling a re-attached command that disrupts nothing ends it', async () => {
  const { runs, held, until, untilLast, kill, directory } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);
  await runs.resume(id);
  await untilLast(id, 'observed');

  await runs.cancel(id);
  await until(id, 'cancelled');

  expect((await runs.show(id)).summary.outcome).toContain('"Write first" was begun');
  expect(existsSync(join(directory, 'first'))).toBe(false);
});

test('a full disk stops a run before its next effect; with room again it is resumed', async () => {
  const { runs, held, letGo, until, untilLast, directory, journalOf } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  // No larger than now: to the run process its disk is full from here on.
  const pid = String((await runs.show(id)).summary.pid);
  const full = spawnSync('prlimit', [
    '--pid',
    pid,
    `--fsize=${statSync(journalOf(id)).size + 20}:`,
  ]);
  expect(full.status).toBe(0);
  letGo();
  await until(id, 'interrupted');
  expect(existsSync(join(directory, 'second'))).toBe(false);
  expect(readFileSync(journalOf(id), 'utf8').endsWith('\n')).toBe(false);

  await runs.resume(id);
  await until(id, 'succeeded');
  expect([linesIn(join(directory, 'first')), linesIn(join(directory, 'second'))]).toEqual([1, 1]);
});

test('a run asked to pause pauses before the next node, and goes on when told', async () => {
  const { runs, held, letGo, until, directory } = await aWorld();
  const id = await runs.start(held());
  await runs.pause(id);
  letGo();
  await until(id, 'paused');
  expect((await runs.show(id)).summary.outcome).toContain('asked to pause');
  expect(existsSync(join(directory, 'second'))).toBe(false);

  await runs.resume(id);
  await until(id, 'succeeded');
  await expect(runs.pause(id)).rejects.toMatchObject({ kind: 'conflict' });
});

test('a gate that only a step asks is overridden while it holds the run, or for a run that died', async () => {
  const { runs, gated, until } = await aWorld();
  const consent = { gates: ['G-TEST'], operator: 'kim' };
  const living = await runs.start(gated());
  await until(living, 'paused');
  await runs.override(living, consent);
  await until(living, 'succeeded');

  const killed = await runs.start(gated());
  await until(killed, 'paused');
  expect((await runs.show(killed)).summary.pause).toEqual({
    heldBy: 'world',
    gate: { id: 'G-TEST', override: 'type' },
  });
  process.kill((await runs.show(killed)).summary.pid ?? 0, 'SIGKILL');
  await until(killed, 'interrupted');
  await runs.override(killed, consent);
  await runs.resume(killed);
  await until(killed, 'succeeded');

  for (const id of [living, killed]) {
    const { journal } = await runs.show(id);
    expect(journal.filter(({ type }) => type === 'override')).toMatchObject([consent]);
    await expect(runs.override(id, consent)).rejects.toMatchObject({ kind: 'conflict' });
  }
});

test('a hang-up of the terminal does not touch a run', async () => {
  const { runs, held, letGo, until, untilLast } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  const { pid } = (await runs.show(id)).summary;
  if (pid === null) throw new Error('It has no process.');
  process.kill(pid, 'SIGHUP');
  letGo();

  await until(id, 'succeeded');
});

test('cancelling stops the command at once and says what is done', async () => {
  const { runs, held, until, untilLast, directory } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');

  await runs.cancel(id);
  await until(id, 'cancelled');

  const { summary } = await runs.show(id);
  expect(summary.outcome).toContain('"Write first" was stopped: no file. Not begun: Write second.');
  expect(existsSync(join(directory, 'first'))).toBe(false);
  await expect(runs.cancel(id)).rejects.toMatchObject({ kind: 'conflict' });
});

test('a cancelled run can be resumed', async () => {
  const { runs, held, letGo, until } = await aWorld();
  const id = await runs.start(held());
  await runs.cancel(id);
  await until(id, 'cancelled');
  letGo();

  await runs.resume(id);
  await until(id, 'succeeded');
  await expect(runs.resume(id)).rejects.toThrow('has succeeded');
});

test('a run that nobody watches finishes its step, then waits for the operator before it disrupts', async () => {
  const { runs, request, until, directory } = await aWorld();
  const id = await runs.start(request({ keepGoing: false }));
  await until(id, 'paused');
  expect(linesIn(join(directory, 'first'))).toBe(1);
  expect(existsSync(join(directory, 'second'))).toBe(false);

  await runs.resume(id);
  await until(id, 'succeeded');
});

test('a run goes on by itself while somebody watches', async () => {
  const { runs, request, until } = await aWorld();
  onTestFinished(runs.watch(() => undefined));
  const id = await runs.start(request({ keepGoing: false }));

  await until(id, 'succeeded');
});

test('only one run at a time changes a cluster', async () => {
  const { runs, request, held, letGo, until, untilLast, stateDir } = await aWorld();
  const first = await runs.start(held());
  await untilLast(first, 'pid');
  await expect(runs.start(request())).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('ops is already changing home'),
  });

  // Another operator's console that has not seen the first run: the lock itself decides.
  const blind = createRuns({
    stateDir,
    clock: systemClock,
    spawnRun: spawnRunWith([process.execPath, entry]),
  });
  const second = await blind.start(request({ cluster: 'HOME' }));
  await until(second, 'failed');
  expect((await runs.show(second)).journal.at(-1)).toMatchObject({ isRefused: true });
  expect((await runs.show(second)).summary.outcome).toContain(
    `ops is changing HOME with run ${first}`,
  );
  letGo();
  await until(first, 'succeeded');
});

test('two resumes of one run make one process', async () => {
  const { runs, held, letGo, until } = await aWorld();
  const id = await runs.start(held());
  await runs.cancel(id);
  await until(id, 'cancelled');
  letGo();

  await Promise.all([runs.resume(id), runs.resume(id)]);
  await until(id, 'succeeded');

  const { journal } = await runs.show(id);
  expect(journal.filter(({ type }) => type === 'started')).toHaveLength(2);
});

test('a second process of a run that has succeeded meanwhile changes and says nothing', async () => {
  const { runs, request, until, stateDir, journalOf } = await aWorld();
  const id = await runs.start(request());
  await until(id, 'succeeded');
  const before = readFileSync(journalOf(id), 'utf8');

  const late = spawnSync(process.execPath, [entry, join(stateDir, 'runs', id)]);

  expect(late.status).toBe(0);
  expect(readFileSync(journalOf(id), 'utf8')).toBe(before);
});

test('a run whose plan is no longer the confirmed one changes nothing and says why', async () => {
  const { runs, request, until, directory } = await aWorld();
  const id = await runs.start(request({ fingerprint: 'other', summary: 'Write one file' }));
  await until(id, 'failed');

  expect((await runs.show(id)).summary.outcome).toBe(
    `The plan is not the one that was confirmed. Confirmed: Write one file. Now: Write files in ${directory}. Plan it again and confirm what it shows now. Nothing was changed.`,
  );
  expect(await readdir(directory)).toEqual([]);
});

test('a run of an action that this version does not have fails with words', async () => {
  const { runs, request, until } = await aWorld();
  const id = await runs.start(request({ action: 'paint-nodes' }));
  await until(id, 'failed');

  expect((await runs.show(id)).summary.outcome).toContain('has no action paint-nodes');
});

test('cancelling a run whose process has died closes it', async () => {
  const { runs, held, letGo, untilLast, kill } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);
  letGo();

  await runs.cancel(id);
  expect((await runs.show(id)).summary).toMatchObject({
    state: 'cancelled',
    outcome: expect.stringContaining('The run process had died'),
  });
});

test('cancelling a run whose process has died names the command that lives on', async () => {
  const { runs, held, untilLast, kill } = await aWorld();
  const id = await runs.start(held());
  await untilLast(id, 'pid');
  await kill(id);

  await runs.cancel(id);
  const { outcome } = (await runs.show(id)).summary;
  expect(outcome).toContain('"Write first" was begun and is not proven.');
  expect(outcome).toMatch(/Its command goes on by itself \(pid \d+\)\./);
});

test('an id that leads out of the runs directory names no run', async () => {
  const { runs } = await aWorld();

  await expect(runs.show('../../etc' as RunId)).rejects.toMatchObject({ kind: 'not-found' });
  await expect(runs.show('20261120T120000Z-none-0000' as RunId)).rejects.toMatchObject({
    kind: 'not-found',
  });
});
