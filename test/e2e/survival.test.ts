import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type DemoLab, runCli, startLab } from '../support/demo.js';
import { type ConsoleSession, ENTER, isHealthy, openConsole } from '../support/demo-console.js';
import { runStartedShape } from '../support/demo-shapes.js';
import { isGone, proxiesOf } from '../support/kubectl-proxies.js';
import { eventually } from '../support/patience.js';

let lab: DemoLab;
const opened: ConsoleSession[] = [];

beforeAll(async () => {
  lab = await startLab();
});

/** Slow enough to be interrupted, on any machine. */
beforeEach(() => lab.change('latency', 'talos', '700'));

afterEach(async () => {
  for (const session of opened.splice(0)) await session.quit();
});

afterAll(() => lab.stop());

const aConsole = (): ConsoleSession => {
  const session = openConsole(lab.env);
  opened.push(session);
  return session;
};

const shownRun = z.object({
  summary: z.object({ state: z.string(), pid: z.number().nullable() }),
  journal: z.array(z.object({ type: z.string() })),
});

const showRun = async (id: string) =>
  shownRun.parse(JSON.parse((await runCli(['runs', 'show', id, '--json'], lab.env)).stdout));

/** Once its process has spoken. */
const pidOf = (id: string): Promise<number> =>
  eventually(async () => {
    const { pid } = (await showRun(id)).summary;
    if (pid === null) throw new Error('It has not spoken yet.');
    return pid;
  });

const newestRun = async (): Promise<string> => {
  const { stdout } = await runCli(['runs', 'list', '--json'], lab.env);
  const shape = z.object({ runs: z.array(z.object({ id: z.string() })) });
  return shape.parse(JSON.parse(stdout)).runs[0]?.id ?? 'none';
};

async function startSnapshot(session: ConsoleSession): Promise<void> {
  await session.waitFor(isHealthy);
  session.press('S');
  await session.pressUntil(ENTER, 'y start');
  await session.pressUntil('y', '── Steps');
  await session.waitFor('◌ running');
}

test.each<NodeJS.Signals>(['SIGKILL', 'SIGHUP'])(
  'a run goes on after %s of its console, and the next console follows it to its end',
  async (signal) => {
    const first = aConsole();
    await startSnapshot(first);
    await lab.change('latency', 'talos', '3000');
    first.kill(signal);
    await first.exited;

    const id = await newestRun();
    expect((await showRun(id)).summary).toMatchObject({ state: 'running' });

    const second = aConsole();
    await second.waitFor('9 Runs');
    second.press('9');
    await second.waitFor('◌ running');
    await lab.change('latency', 'talos', '0');
    await second.waitFor((screen) => !screen.includes('◌ running'));
    const { summary, journal } = await showRun(id);
    expect(summary).toMatchObject({ state: 'succeeded' });
    expect(journal.filter(({ type }) => type === 'started')).toHaveLength(1);
  },
);

test('a run whose process was killed is interrupted, and resuming it ends well', async () => {
  const session = aConsole();
  await session.waitFor(isHealthy);
  const started = await runCli(['run', 'etcd-snapshot', '--yes', '--detach', '--json'], lab.env);
  await lab.change('latency', 'talos', '3000');
  const { run: id } = runStartedShape.parse(JSON.parse(started.stdout));
  session.press('9');
  await session.waitFor('◌ running');
  process.kill(await pidOf(id), 'SIGKILL');
  await session.waitFor('interrupted');
  await lab.change('latency', 'talos', '0');

  const resumed = await runCli(['runs', 'resume', id], lab.env);
  expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await showRun(id)).summary.state).toBe('succeeded');
  await session.waitFor((screen) => !screen.includes('interrupted'));
});

const serving = (pid: number): Promise<readonly number[]> =>
  eventually(() => {
    const proxies = proxiesOf(pid);
    expect(proxies).toHaveLength(1);
    return proxies;
  });

test('kill -9 of a run or of a console leaves no kubectl proxy behind', async () => {
  // Any other start would clean up after them in the common place.
  const env = { ...lab.env, TMPDIR: lab.dir };
  const session = openConsole(env);
  opened.push(session);
  const ofConsole = await serving(session.pid);
  await session.waitFor(isHealthy);
  const started = await runCli(['run', 'etcd-snapshot', '--yes', '--detach', '--json'], env);
  await lab.change('latency', 'talos', '3000');
  const { run: id } = runStartedShape.parse(JSON.parse(started.stdout));
  const pid = await pidOf(id);
  const ofRun = await serving(pid);

  process.kill(pid, 'SIGKILL');
  session.kill('SIGKILL');
  await eventually(() => expect([...ofRun, ...ofConsole].every(isGone)).toBe(true));
  expect((await runCli(['runs', 'cancel', id], lab.env)).exitCode).toBe(0);
});

test('cancelling ends in a named state with exit code 130 for whoever follows', async () => {
  const started = await runCli(['run', 'etcd-snapshot', '--yes', '--detach', '--json'], lab.env);
  const { run: id } = runStartedShape.parse(JSON.parse(started.stdout));
  const follower = runCli(['runs', 'follow', id], lab.env);
  expect((await runCli(['runs', 'cancel', id], lab.env)).exitCode).toBe(0);
  const { exitCode, stdout } = await follower;
  expect(exitCode).toBe(130);
  expect(stdout).toMatch(/^cancelled: /m);
});
