import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { type DemoLab, runCli, startLab, talosTui } from '../support/demo.js';
import { runStartedShape } from '../support/demo-shapes.js';
import { cleanEnvironment, openPty } from '../support/pty.js';

let lab: DemoLab;

beforeAll(async () => {
  lab = await startLab('--time-scale', '10');
});

afterAll(() => lab.stop());

/** A busy machine is no failure. */
const PATIENCE_MS = 300_000;

const run = (...args: readonly string[]) => runCli(args, lab.env);

const shownRun = z.object({
  summary: z.looseObject({ state: z.string(), outcome: z.string() }),
  journal: z.array(
    z.looseObject({ type: z.string(), step: z.string().nullish(), reason: z.string().optional() }),
  ),
});

const showRun = async (id: string) =>
  shownRun.parse(JSON.parse((await run('runs', 'show', id, '--json')).stdout));

const until = (check: () => Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 200 });

const untilState = (id: string, state: string): Promise<void> =>
  until(async () => expect((await showRun(id)).summary.state).toBe(state));

/** `run ACTION …` as at a terminal. */
const typed = (...args: readonly string[]) =>
  openPty({ argv: talosTui('run', ...args), env: lab.env, columns: 120, rows: 60 });

const planned = async (...args: readonly string[]): Promise<string> =>
  (await run('plan', ...args)).stdout;

async function startDetached(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('run', ...args, '--yes', '--detach', '--json');
  return runStartedShape.parse(JSON.parse(stdout)).run;
}

test('a change asks at the terminal: only y does it', { timeout: PATIENCE_MS }, async () => {
  const asked = typed('cordon', '--set', 'node=talos-w-01');
  onTestFinished(() => asked.kill());
  await asked.waitFor('Do it? [y/N]', PATIENCE_MS);
  expect(asked.text()).toContain('Cordon talos-w-01');
  asked.press('\r');
  expect(await asked.exited).toMatchObject({ exitCode: 130 });
  expect(asked.output()).toContain('Not confirmed: nothing was done.');

  const again = typed('cordon', '--set', 'node=talos-w-01');
  onTestFinished(() => again.kill());
  await again.waitFor('Do it? [y/N]', PATIENCE_MS);
  again.press('y\r');
  expect(await again.exited).toMatchObject({ exitCode: 0 });
  expect(again.output()).toContain('[2/2] Cordon talos-w-01');
  expect((await run('run', 'uncordon', '--set', 'node=talos-w-01', '--yes')).exitCode).toBe(0);
});

test('a change of several nodes asks for the name of the cluster, and takes no other', {
  timeout: PATIENCE_MS,
}, async () => {
  const asked = typed('reboot-node', '--set', 'node=talos-w-01,talos-w-02');
  onTestFinished(() => asked.kill());
  await asked.waitFor('Type lab to do it:', PATIENCE_MS);
  asked.press('lap\r');
  expect(await asked.exited).toMatchObject({ exitCode: 3 });
  expect(asked.output()).toContain('lap is not the name of what is changed.');

  const unsaid = await run('run', 'reboot-node', '--set', 'node=talos-w-01,talos-w-02', '--yes');
  expect(unsaid).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Add --confirm-name lab.'),
  });
});

test.each([
  [['reboot-node', '--set', 'node=talos-w-99'], 2, 'no machine of the cluster has this name'],
  [['reboot-node', '--set', 'pinned={}'], 2, 'cannot be set'],
  [['cordon', '--set', 'node=talos-w-01', '--override', 'G-NONE'], 2, 'no gate G-NONE'],
  [['cordon', '--set', 'node=talos-w-01', '--max-duration', 'soon'], 2, 'is no duration'],
])('%s ends with %i and changes nothing', async (args, exitCode, message) => {
  const result = await run('run', ...args, '--yes');
  expect(result).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
});

test('a run pauses between nodes when asked, waits for a red gate, and goes on by itself', {
  timeout: 3 * PATIENCE_MS,
}, async () => {
  const both = ['reboot-node', '--set', 'node=talos-w-01,talos-w-02'];
  expect(await planned(...both)).toContain('G-NODES ok');
  const id = await startDetached(...both, '--confirm-name', 'lab', '--keep-going');
  expect((await run('runs', 'pause', id)).exitCode).toBe(0);
  await untilState(id, 'paused');
  expect((await showRun(id)).summary.outcome).toContain('asked to pause before it begins with');

  const other = await run('run', 'cordon', '--set', 'node=talos-cp-01', '--yes');
  expect(other).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('already changing') });

  await lab.change('cordon', 'talos-cp-03');
  const follower = run('runs', 'continue', id);
  await until(async () => {
    expect((await showRun(id)).journal.at(-1)?.reason).toContain('G-NODES: talos-cp-03');
  });
  await lab.change('uncordon', 'talos-cp-03');
  await untilState(id, 'succeeded');

  const { exitCode, stdout } = await follower;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/paused: G-NODES: talos-cp-03/);
  expect(stdout).toMatch(/^\[\d+\/\d+\] .*usually/m);
  expect((await run('runs', 'continue', id)).exitCode).toBe(3);
});

test('a gate that holds a run is overridden by name, and the journal keeps whose word it was', {
  timeout: 3 * PATIENCE_MS,
}, async () => {
  const reboot = ['reboot-node', '--set', 'node=talos-w-02'];
  // Asked by a step alone, asked by nothing, and never to be overridden.
  expect((await run('plan', ...reboot, '--override', 'G-WORK')).exitCode).toBe(0);
  expect((await run('plan', ...reboot, '--override', 'G-FOO')).exitCode).toBe(2);
  expect((await run('run', ...reboot, '--override', 'G-OWN', '--yes')).exitCode).toBe(2);
  expect((await run('run', ...reboot, '--override', 'G-NODES', '--yes')).exitCode).toBe(2);

  const id = await startDetached(...reboot);
  await untilState(id, 'paused');
  await lab.change('cordon', 'talos-cp-03');
  const follower = run('runs', 'continue', id);
  await until(async () => {
    expect((await showRun(id)).summary).toMatchObject({ pause: { gate: { id: 'G-NODES' } } });
  });
  const word = await run('runs', 'continue', id);
  expect(word).toMatchObject({ exitCode: 3 });
  expect(word.stderr).toContain(`runs resume ${id} --override G-NODES`);
  const override = ['runs', 'resume', id, '--override', 'G-NODES', '--yes'];
  expect((await run(...override)).exitCode).toBe(2);
  expect((await run(...override, '--confirm-name', 'lap')).exitCode).toBe(3);
  expect((await run(...override, '--confirm-name', 'lab')).exitCode).toBe(0);
  expect((await follower).exitCode).toBe(0);
  expect((await showRun(id)).journal).toContainEqual(
    expect.objectContaining({ type: 'override', gates: ['G-NODES'], operator: expect.any(String) }),
  );
  await lab.change('uncordon', 'talos-cp-03');
});

test('a reader that takes its time gets a long document to its end', {
  timeout: PATIENCE_MS,
}, async () => {
  const id = await startDetached('cordon', '--set', 'node=talos-w-02');
  await untilState(id, 'succeeded');
  const journal = join(lab.env.HOME ?? '', '.local/state/talos-tui/runs', id, 'journal.ndjson');
  const note = { atMs: 1, type: 'note', text: 'x'.repeat(1000) };
  appendFileSync(journal, `${JSON.stringify(note)}\n`.repeat(1000));

  // Longer than any pipe holds: the program has to wait for its reader.
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', '"$@" | { sleep 2; cat; }', 'bash', ...talosTui('runs', 'show', id, '--json')],
    { env: cleanEnvironment(lab.env), maxBuffer: 2 ** 26 },
  );
  expect(shownRun.parse(JSON.parse(stdout)).journal.length).toBeGreaterThan(1000);
  expect((await run('run', 'uncordon', '--set', 'node=talos-w-02', '--yes')).exitCode).toBe(0);
});

test('an operator who keeps other state is kept out by the Lease, and let in when it is free', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const cordon = ['cordon', '--set', 'node=talos-w-02', '--yes'];
  expect((await run('run', ...cordon)).exitCode).toBe(0);
  expect((await run('run', 'uncordon', '--set', 'node=talos-w-02', '--yes')).exitCode).toBe(0);
  // Somebody else's state directory: only the Lease keeps the two apart.
  const first = await startDetached('reboot-node', '--set', 'node=talos-w-01');
  await untilState(first, 'paused');
  const second = await run('--state-dir', `${lab.dir}/other-operator`, 'run', ...cordon);
  expect(second).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(/G-LOCK: \S+@\S+:\S+reboot-node\S+ holds the Lease/),
  });
  expect((await run('runs', 'cancel', first)).exitCode).toBe(0);
  await untilState(first, 'cancelled');
  expect((await run('--state-dir', `${lab.dir}/other-operator`, 'run', ...cordon)).exitCode).toBe(
    0,
  );
});
