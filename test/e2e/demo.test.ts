import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/demo.js';
import { type ConsoleSession, ENTER, isHealthy, openConsole } from '../support/demo-console.js';
import { statusShape } from '../support/demo-shapes.js';
import { eventually } from '../support/patience.js';

let home = '';
let session: ConsoleSession | null = null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'talos-tui-e2e-'));
});

afterEach(async () => {
  await session?.quit();
  session = null;
  rmSync(home, { recursive: true, force: true });
});

/** Demos of this test alone: they lie in its own TMPDIR. */
const demos = (): readonly string[] =>
  readdirSync(home).filter((name) => name.startsWith('talos-tui-demo-'));

const environment = () => ({ HOME: home, TMPDIR: home });

test('--demo paints at once, shows a live cluster and leaves nothing behind', async () => {
  session = openConsole(environment(), { args: ['--demo'] });
  await session.waitFor(/Starting the lab/);
  await session.waitFor(isHealthy);
  expect(demos()).toHaveLength(1);
  session.press('q');
  expect(await session.exited).toMatchObject({ exitCode: 0 });
  expect(demos()).toEqual([]);
});

test('a killed demo is cleaned up by its lab', async () => {
  session = openConsole(environment(), { args: ['--demo', '1+0'] });
  await session.waitFor(/● Ready/);
  session.kill('SIGKILL');
  await session.exited;
  await eventually(() => expect(demos()).toEqual([]));
});

test('without a terminal --demo prints the status once and ends with 0', async () => {
  const { stdout, exitCode, stderr } = await runCli(['--demo', '--json'], environment());
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(statusShape.parse(JSON.parse(stdout)).machines).toHaveLength(5);
  expect(demos()).toEqual([]);
});

test('an unknown scenario is named on the screen with what to use', async () => {
  session = openConsole(environment(), { args: ['--demo', 'helthy'] });
  await session.waitFor(/no scenario "helthy"/);
  await session.waitFor(/healthy/);
});

test('the first start without any configuration offers the lab', async () => {
  session = openConsole(environment());
  await session.waitFor(
    /Try the lab[\s\S]*Deploy a new cluster[\s\S]*not available in this version/,
  );
  session.press(ENTER);
  await session.waitFor(isHealthy);
  expect(existsSync(join(home, '.config', 'talos-tui'))).toBe(false);
});
