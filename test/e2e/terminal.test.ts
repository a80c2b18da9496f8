import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type DemoLab, startLab, talosTui } from '../support/demo.js';
import { type ConsoleSession, isHealthy, openConsole } from '../support/demo-console.js';
import { eventually } from '../support/patience.js';
import { childrenOf, openPty, type PtySession } from '../support/pty.js';

const LEAVE_ALTERNATE_SCREEN = '\u001b[?1049l';
const SHOW_CURSOR = '\u001b[?25h';
const COLOUR = /\u001b\[(?:\d+;)*(?:3[0-7]|38|4[0-7]|48|9[0-7])(?:;\d+)*m/;
const INVERSE = '\u001b[7m';

let lab: DemoLab;
let session: ConsoleSession;

beforeAll(async () => {
  lab = await startLab();
});

afterEach(() => session.quit());

afterAll(() => lab.stop());

const open = (
  env: Readonly<Record<string, string>> = {},
  options: Parameters<typeof openConsole>[1] = {},
): ConsoleSession => {
  session = openConsole({ ...lab.env, ...env }, options);
  return session;
};

async function expectRestored(shown: PtySession): Promise<void> {
  const output = shown.output();
  expect(output.lastIndexOf(LEAVE_ALTERNATE_SCREEN)).toBeGreaterThan(0);
  expect(output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(0);
  await shown.waitFor(() => shown.emulator.buffer.active.type === 'normal');
}

const hasEnded = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
};

test('q leaves the terminal as it was and no process behind', async () => {
  await open().waitFor(isHealthy);
  // At rest there is one, the kubectl proxy; tools that are asked for their version come and go.
  await eventually(() => expect(childrenOf(session.pid)).toHaveLength(1));
  const children = childrenOf(session.pid);
  session.press('q');
  expect(await session.exited).toMatchObject({ exitCode: 0 });
  await expectRestored(session);
  expect(children.every(hasEnded)).toBe(true);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const)('%s restores the terminal and ends with %d', async (signal, exitCode) => {
  await open().waitFor(isHealthy);
  const children = childrenOf(session.pid);
  session.kill(signal);
  expect(await session.exited).toMatchObject({ exitCode });
  await expectRestored(session);
  expect(children.every(hasEnded)).toBe(true);
});

test('Ctrl-C quits when nothing is open', async () => {
  await open().waitFor(isHealthy);
  session.press('\u0003');
  await session.exited;
  await expectRestored(session);
});

test('Ctrl-Z gives the shell back and fg the console', async () => {
  session = Object.assign(
    openPty({ argv: ['bash', '--norc', '-i'], env: { ...lab.env, PS1: 'shell> ' } }),
    { pressUntil: async () => undefined, quit: async () => session.kill('SIGKILL') },
  );
  await session.waitFor('shell>');
  session.press(`${talosTui().join(' ')}\r`);
  await session.waitFor(isHealthy);
  session.press('\u001a');
  await session.waitFor(/Stopped/);
  session.press('echo sh$((1+1))ell\r');
  await session.waitFor('sh2ell');
  session.press('fg\r');
  await session.waitFor(isHealthy);
  session.press('2');
  await session.waitFor('MEMBER');
  session.press('q');
  await session.waitFor(() => session.emulator.buffer.active.type === 'normal');
});

test('CI=1 does not keep the console from drawing', async () => {
  await open({ CI: '1' }).waitFor(isHealthy);
});

test('NO_COLOR and --no-color send no colour, but the selection stays visible', async () => {
  await open({ NO_COLOR: '1' }).waitFor(isHealthy);
  expect(session.output()).not.toMatch(COLOUR);
  expect(session.output()).toContain(INVERSE);
  await session.quit();

  await open({}, { args: ['--no-color'] }).waitFor(isHealthy);
  expect(session.output()).not.toMatch(COLOUR);
});

test('colours are used where there are some', async () => {
  await open().waitFor(isHealthy);
  expect(session.output()).toMatch(COLOUR);
});

test('--ascii draws with ASCII alone', async () => {
  await open({}, { args: ['--ascii'] }).waitFor('5 machines healthy');
  for (const key of ['2', '3', '4', '5', '6', '9', '?']) session.press(key);
  await session.waitFor('Keys of this view');
  expect(session.text()).toMatch(/^[\n\u0020-\u007e]*$/);
});

test('a terminal that is too small says which size is needed and recovers', async () => {
  await open({}, { columns: 70, rows: 20 }).waitFor(/80.*24/);
  session.resize(120, 40);
  await session.waitFor(isHealthy);
});

test('--read-only is marked and offers nothing that changes anything', async () => {
  await open({}, { args: ['--read-only'] }).waitFor(isHealthy);
  expect(session.text()).toMatch(/read-only/i);
  expect(session.text()).not.toContain('approve CSRs');
  session.press('a');
  session.press('S');
  session.press('2');
  await session.waitFor('MEMBER');
  expect(session.text()).not.toContain('Requests to approve');
});
