import { expect, test } from 'vitest';
import { actingFlags, consentFlags } from '../../src/cli/acting-flags.js';
import { exitCodeOfRefusal } from '../../src/cli/commands/plan.js';
import { run } from '../../src/cli/commands/run.js';
import { runs } from '../../src/cli/commands/runs.js';
import { EXIT } from '../../src/cli/exit-code.js';
import { exitCodeOfLine } from '../../src/cli/journal-text.js';
import type { Options } from '../../src/cli/options.js';
import { createOutput, reportFailure } from '../../src/cli/output.js';
import { ClientError } from '../../src/model/errors.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { createStore } from '../../src/store/store.js';
import { anError, aWorld, failed, silenced, worldSnapshot } from '../support/builders.js';
import { tempDir } from '../support/temp-dir.js';

const hearing = (snapshot: Snapshot) => ({
  snapshots: createStore(snapshot),
  isSettled: () => true,
});

function deafSnapshot(): Snapshot {
  const error = anError('unreachable', 'no route to host');
  const world = aWorld();
  const silent = { ...world, nodes: world.nodes.map((node) => silenced(node)) };
  return worldSnapshot(silent, {
    kubeNodes: failed(error),
    kubeHealth: failed(error),
    vms: failed(error),
  });
}

test('a refusal where nothing answers ends as unreachable, any other as refused', async () => {
  expect(await exitCodeOfRefusal(hearing(deafSnapshot()))).toBe(EXIT.unreachable);
  expect(await exitCodeOfRefusal(hearing(worldSnapshot(aWorld())))).toBe(EXIT.refused);
});

test('a cluster that another run is changing refuses, in the words of every refusal', () => {
  const chunks: string[] = [];
  const sink = { write: (text: string) => chunks.push(text), on: () => sink };
  const output = createOutput(sink as never, { write: () => true } as never);
  const error = new ClientError('refused', 'ops is already changing home.', 'Wait for it.');

  expect(reportFailure(error, output, true)).toBe(EXIT.refused);
  expect(JSON.parse(chunks.join(''))).toEqual({
    schema: 1,
    refusal: { reason: 'ops is already changing home.', hint: 'Wait for it.', gate: null },
  });
});

test('a run whose process found the lock taken ends as refused, not as failed', () => {
  const line = { type: 'failed', atMs: 0, step: null, error: '', hint: '', state: '' } as const;

  expect(exitCodeOfLine({ ...line, isRefused: true })).toBe(EXIT.refused);
  expect(exitCodeOfLine(line)).toBe(EXIT.failed);
});

const optionsWith = (stateDir: string): Options => ({
  demo: null,
  cluster: null,
  isReadOnly: false,
  isAscii: false,
  hasColor: false,
  configDir: null,
  stateDir,
});

const invocationWith = (stateDir: string) => ({
  options: optionsWith(stateDir),
  isJson: false,
  output: createOutput(),
  env: {},
});

const NO_CONSENT = consentFlags({});

test('runs list names the argument that it does not take', async () => {
  await expect(
    runs(invocationWith(await tempDir()), 'list', 'EXTRA', NO_CONSENT),
  ).rejects.toMatchObject({
    kind: 'configuration',
    message: 'runs list takes no EXTRA.',
  });
});

test('gates of a run are overridden where it is resumed, nowhere else', async () => {
  const flags = consentFlags({ override: ['G-NODES'] });
  await expect(runs(invocationWith(await tempDir()), 'cancel', 'ID', flags)).rejects.toMatchObject({
    kind: 'configuration',
    hint: expect.stringContaining('runs resume ID --override'),
  });
});

test('a run asks nobody where its state directory takes no files: wrong usage, at once', async () => {
  const flags = actingFlags({ yes: true });

  await expect(run(invocationWith('/proc/x'), 'approve-csrs', flags)).rejects.toMatchObject({
    kind: 'configuration',
    message: expect.stringContaining('The state directory /proc/x cannot keep runs'),
  });
});
