import { expect, test } from 'vitest';
import { asRunId, type RunId } from '../../src/model/ids.js';
import type { CommandRecord, RunSummary } from '../../src/model/run.js';
import type { JournalLine, Runs } from '../../src/runs/types.js';
import { createStore } from '../../src/store/store.js';
import type { SessionPorts } from '../../src/store/types.js';
import { aCatalogueEntry, anError, NOW_MS } from '../support/builders.js';
import { startSession } from '../support/session.js';

const aRun = (id: string, overrides: Partial<RunSummary> = {}): RunSummary => ({
  id: asRunId(id),
  action: 'etcd-snapshot',
  cluster: 'home',
  summary: 'Take a snapshot of etcd',
  state: 'running',
  startedAtMs: NOW_MS,
  endedAtMs: null,
  steps: [],
  pause: null,
  outcome: '',
  operator: 'ops',
  pid: 42,
  keepGoing: false,
  ...overrides,
});

const anExit = (atMs: number, argv: readonly string[], effect: 'read' | 'change'): JournalLine => ({
  type: 'exit',
  atMs,
  step: 's1',
  exitCode: 0,
  durationMs: 5,
  argv,
  effect,
});

/** Run directories whose content the test decides. */
function fakeRuns() {
  let tell: (runs: readonly RunSummary[]) => void = () => {};
  const journals = new Map<RunId, readonly JournalLine[]>();
  const broken = new Set<RunId>();
  const runs: Pick<Runs, 'watch' | 'show'> = {
    watch(onChange) {
      tell = onChange;
      onChange([]);
      return () => {
        tell = () => {};
      };
    },
    async show(id) {
      if (broken.has(id)) throw anError('disk', 'the journal cannot be read');
      const journal = journals.get(id) ?? [];
      return { request: {} as never, summary: aRun(id), journal };
    },
  };
  return { runs, journals, broken, tell: (list: readonly RunSummary[]) => tell(list) };
}

const portsWith = (overrides: Partial<SessionPorts>): SessionPorts => ({
  runs: null,
  catalogue: null,
  host: null,
  ...overrides,
});

test('runs and the commands that they executed are known, oldest command first', async () => {
  const { runs, journals, tell } = fakeRuns();
  const world = startSession({}, { ports: portsWith({ runs }) });
  await world.pass(500);
  journals.set(asRunId('a'), [
    anExit(20, ['talosctl', 'etcd', 'snapshot'], 'change'),
    anExit(10, ['talosctl', 'version'], 'read'),
  ]);
  tell([aRun('a')]);
  await world.pass(2_500);

  const { runs: reading, commands } = world.session.snapshots.get();
  expect(reading).toMatchObject({ state: 'fresh', value: [{ id: 'a' }] });
  expect(commands.map(({ argv, runId }) => [argv.join(' '), runId])).toEqual([
    ['talosctl version', 'a'],
    ['talosctl etcd snapshot', 'a'],
  ]);
});

test('a change through talosctl makes the Talos sources read again, at once', async () => {
  const { runs, journals, tell } = fakeRuns();
  const world = startSession({}, { ports: portsWith({ runs }) });
  await world.pass(3_000);
  journals.set(asRunId('a'), [anExit(10, ['/usr/bin/talosctl', 'reboot'], 'change')]);
  world.talos.forgetCalls();
  world.pve.forgetCalls();
  tell([aRun('a')]);
  await world.pass(0);

  expect(world.talos.calls).toContain('10.0.0.11 version');
  expect(world.pve.calls).toEqual([]);
});

test('a command that only read makes nothing read again, and neither do old runs at the start', async () => {
  const { runs, journals, tell } = fakeRuns();
  journals.set(asRunId('old'), [anExit(5, ['talosctl', 'reboot'], 'change')]);
  const started = {
    ...runs,
    watch: (onChange: (list: readonly RunSummary[]) => void) => {
      const stop = runs.watch(onChange);
      onChange([aRun('old', { state: 'succeeded' })]);
      return stop;
    },
  };
  const world = startSession({}, { ports: portsWith({ runs: started }) });
  await world.pass(3_000);
  journals.set(asRunId('a'), [anExit(10, ['talosctl', 'version'], 'read')]);
  world.talos.forgetCalls();
  tell([aRun('a'), aRun('old', { state: 'succeeded' })]);
  await world.pass(0);

  expect(world.talos.calls).toEqual([]);
});

test('a journal that cannot be read costs its commands, not the list of runs', async () => {
  const { runs, journals, broken, tell } = fakeRuns();
  const world = startSession({}, { ports: portsWith({ runs }) });
  journals.set(asRunId('good'), [anExit(10, ['kubectl', 'get'], 'read')]);
  broken.add(asRunId('bad'));
  tell([aRun('bad'), aRun('good')]);
  await world.pass(2_500);

  const { runs: reading, commands } = world.session.snapshots.get();
  expect(reading).toMatchObject({ state: 'fresh', value: [{ id: 'bad' }, { id: 'good' }] });
  expect(commands.map(({ runId }) => runId)).toEqual(['good']);
});

test('commands of this process stand among those of the runs', async () => {
  const commands = createStore<readonly CommandRecord[]>([]);
  const world = startSession({}, { ports: portsWith({ commands }) });
  await world.pass(100);
  commands.update((all) => [
    ...all,
    {
      atMs: 1,
      argv: ['kubectl', 'version'],
      effect: 'read',
      durationMs: 1,
      exitCode: 0,
      target: null,
      runId: null,
    },
  ]);
  await world.pass(100);

  expect(world.session.snapshots.get().commands.map(({ argv }) => argv)).toEqual([
    ['kubectl', 'version'],
  ]);
});

test('the catalogue is read from the directory of the cluster, and again after a change', async () => {
  const { runs, journals, tell } = fakeRuns();
  const asked: string[] = [];
  let entries = [aCatalogueEntry()];
  const catalogue = async (directory: string) => {
    asked.push(directory);
    return { entries, problems: [] };
  };
  const world = startSession({}, { ports: portsWith({ runs, catalogue }) });
  await world.pass(500);
  expect(world.session.snapshots.get().catalogue).toMatchObject({ state: 'fresh', value: entries });

  entries = [aCatalogueEntry({ sha256: 'b'.repeat(64) }), ...entries];
  journals.set(asRunId('a'), [anExit(10, ['talosctl', 'etcd', 'snapshot'], 'change')]);
  tell([aRun('a')]);
  await world.pass(500);

  expect(world.session.snapshots.get().catalogue).toMatchObject({ value: entries });
  expect(new Set(asked)).toEqual(new Set(['/snapshots']));
});

test('a host that cannot be read is a failed reading', async () => {
  const host = async () => await Promise.reject(anError('disk', 'no /proc'));
  const world = startSession({}, { ports: portsWith({ host }) });
  await world.pass(500);

  expect(world.session.snapshots.get().host).toMatchObject({
    state: 'failed',
    error: { message: 'no /proc' },
  });
});
