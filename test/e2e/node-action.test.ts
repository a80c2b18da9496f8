import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type DemoLab, runCli, startLab } from '../support/demo.js';
import {
  type ConsoleSession,
  ENTER,
  ESCAPE,
  isHealthy,
  openConsole,
} from '../support/demo-console.js';

let lab: DemoLab;
const opened: ConsoleSession[] = [];

beforeAll(async () => {
  lab = await startLab();
});

afterEach(async () => {
  for (const session of opened.splice(0)) await session.quit();
});

afterAll(() => lab.stop());

const aConsole = (): ConsoleSession => {
  const session = openConsole(lab.env);
  opened.push(session);
  return session;
};

const runShape = z.object({
  summary: z.object({ state: z.string() }),
  journal: z.array(z.looseObject({ type: z.string(), reason: z.string().optional() })),
});

async function newestRun() {
  const { stdout } = await runCli(['runs', 'list', '--json'], lab.env);
  const shape = z.object({ runs: z.array(z.object({ id: z.string() })) });
  const id = shape.parse(JSON.parse(stdout)).runs[0]?.id ?? 'none';
  const shown = await runCli(['runs', 'show', id, '--json'], lab.env);
  return runShape.parse(JSON.parse(shown.stdout));
}

const newestState = async (): Promise<string> => (await newestRun()).summary.state;

/** A busy machine is no failure, and every node is watched for a minute before the next. */
const PATIENCE_MS = 300_000;

/** Takes Reboot from its menu and waits until the plan can be confirmed. */
async function planReboot(session: ConsoleSession, name: string): Promise<void> {
  await session.waitFor(isHealthy);
  session.press(`/${name}`);
  await session.waitFor(`/${name}`);
  session.press(ENTER);
  session.press('x');
  await session.waitFor(`Actions: ${name}`);
  session.press('reboot');
  session.press(ENTER);
  await session.waitFor(`Reboot ${name}`);
  await session.waitFor('y start', PATIENCE_MS);
}

test(
  'a worker is rebooted: planned on what was read, confirmed, and seen to its end',
  async () => {
    const session = aConsole();
    await planReboot(session, 'talos-w-01');
    expect(session.text()).toContain('level 2: disrupts one node');
    expect(session.text()).toMatch(/Gates: \d+ green/);
    session.press(ENTER);
    session.press('G');
    await session.waitFor('No other tool changes the nodes');
    expect(session.text()).toContain('y start');
    await session.pressUntil('y', '── Steps');
    await session.waitFor(/Safe to disconnect/);
    await session.waitFor('● succeeded', PATIENCE_MS);
    expect(session.text()).toMatch(/7 of 7 steps done/);

    session.press('E');
    await session.waitFor('Written to ');
    const path =
      /Written to ([^│]+script\.sh)/.exec(session.text())?.[1]?.replaceAll(/\s/g, '') ?? '';
    expect(readFileSync(path, 'utf8')).toMatch(/kubectl .*drain talos-w-01/);
    session.press(ESCAPE);
    await session.waitFor('● succeeded');
    session.press('l');
    await session.waitFor(/Log: Reboot talos-w-01/);
    expect(session.text()).toContain('done: Reboot talos-w-01: 7 steps proven.');
  },
  2 * PATIENCE_MS,
);

test(
  'a console that is killed leaves the run waiting before the next disruption, and another lets it go on',
  async () => {
    const first = aConsole();
    await planReboot(first, 'talos-w-02');
    await lab.change('latency', 'kube', '900');
    await first.pressUntil('y', '── Steps');
    first.kill('SIGKILL');
    await first.exited;
    await lab.change('latency', 'kube', '0');

    // Another console that is opened before the run has paused would watch it.
    await expect.poll(newestState, { timeout: PATIENCE_MS }).toBe('paused');
    const second = aConsole();
    await second.waitFor(/▲ run paused {2}Reboot talos-w-02/, PATIENCE_MS);
    second.press('9');
    await second.waitFor('▲ paused');
    second.press(ENTER);
    await second.waitFor(/Nobody watches[\s\S]*o lets it go on/);
    expect(await newestState()).toBe('paused');
    second.press('o');
    await second.waitFor('● succeeded', PATIENCE_MS);
    const { journal } = await newestRun();
    expect(journal.filter(({ type }) => type === 'started')).toHaveLength(1);
    expect(journal.filter(({ type }) => type === 'paused')).toHaveLength(1);
  },
  2 * PATIENCE_MS,
);

const BACKSPACE = '\u007f';
const TRIES = 8;

/** Key by key, as a hand does; what falls into the first moments of a dialog is not taken, and typed again. */
async function typeUntil(
  session: ReturnType<typeof aConsole>,
  word: string,
  sight: string,
): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    for (const key of [...word.replaceAll(/./g, BACKSPACE), ...word]) {
      session.press(key);
      await new Promise((next) => setTimeout(next, 100));
    }
    try {
      await session.waitFor(sight, 2_000);
      return;
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

test(
  'several nodes are asked for in a form, and want the name of the cluster, typed and not pasted',
  async () => {
    const session = aConsole();
    await session.waitFor(isHealthy);
    session.press(':');
    await session.waitFor('Go to');
    session.press('reboot');
    session.press(ENTER);
    await session.waitFor(/\[ \] talos-w-01/);
    session.press('a');
    await session.waitFor('[x] talos-w-02');
    session.press(ENTER);
    await session.waitFor('› the running kernel starts the next one');
    session.press(ENTER);
    await session.waitFor('Type lab to confirm', PATIENCE_MS);
    expect(session.text()).toContain('level 3: disrupts the cluster');
    session.press('\u001b[200~lab\u001b[201~');
    await session.waitFor('Type lab to confirm');
    await typeUntil(session, 'lab', 'y start');
    session.press(ESCAPE);
    await session.waitFor((screen) => !screen.includes('y start'));
    expect(await newestState()).toBe('succeeded');
  },
  2 * PATIENCE_MS,
);
