import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mountConsole } from '../../../src/cli/console/mount.js';
import { asKeyboard, asTerminal, FakeKeyboard, FakeTerminal } from '../../support/fake-terminal.js';
import { eventually } from '../../support/patience.js';
import { recordedWiring } from '../../support/recorded-wiring.js';
import { busySnapshot } from '../../support/snapshots.js';
import { tempDir } from '../../support/temp-dir.js';

const ENTER_ALTERNATE = '\u001B[?1049h';
const LEAVE_ALTERNATE = '\u001B[?1049l';
const SHOW_CURSOR = '\u001B[?25h';

let stdout: FakeTerminal;
let stdin: FakeKeyboard;
let stderr: FakeTerminal;
let logFile: string;

beforeEach(() => {
  stdout = new FakeTerminal(80, 24);
  stdin = new FakeKeyboard();
  stderr = new FakeTerminal(80, 24);
});
afterEach(() => {
  // Ink takes a stream that was drawn on for the same console.
  stdout.destroy();
});

async function mounted(): Promise<{ readonly exitCode: Promise<number> }> {
  logFile = join(await tempDir(), 'state', 'console.log');
  const exitCode = mountConsole(recordedWiring({ snapshot: busySnapshot() }).wiring, {
    stdin: asKeyboard(stdin),
    stdout: asTerminal(stdout),
    stderr: asTerminal(stderr),
    logFile,
  });
  await eventually(() => expect(stdout.output).toContain('KUBERNETES'));
  return { exitCode };
}

test('draws on the alternate screen and gives the terminal back on q', async () => {
  const { exitCode } = await mounted();
  expect(stdout.output).toContain(ENTER_ALTERNATE);
  stdin.write('q');
  expect(await exitCode).toBe(0);
  expect(stdout.output.lastIndexOf(LEAVE_ALTERNATE)).toBeGreaterThan(0);
  expect(stdout.output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(
    stdout.output.lastIndexOf('KUBERNETES'),
  );
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  'gives the terminal back on %s and says so with its exit code',
  async (signal, code) => {
    const { exitCode } = await mounted();
    process.emit(signal);
    expect(await exitCode).toBe(code);
    expect(stdout.output).toContain(LEAVE_ALTERNATE);
  },
);

test('sends stray lines of libraries to a private file instead of the screen', async () => {
  const { exitCode } = await mounted();
  console.log('stray %s', 'line');
  stderr.write('a warning\n');
  stdin.write('q');
  await exitCode;
  expect(stdout.output).not.toContain('stray');
  expect(readFileSync(logFile, 'utf8')).toMatch(/log: stray line\n.*a warning\n/);
  expect(statSync(logFile).mode & 0o777).toBe(0o600);
});

test('leaves when the terminal has gone away', async () => {
  const { exitCode } = await mounted();
  stdout.emit('error', new Error('EIO'));
  expect(await exitCode).toBe(129);
});

test('writes nothing while nothing changes', async () => {
  const { exitCode } = await mounted();
  let written = 0;
  // Until it has come to rest: a busy machine draws its first frames late.
  await eventually(async () => {
    written = stdout.output.length;
    await new Promise((done) => setTimeout(done, 200));
    expect(stdout.output.length).toBe(written);
  });
  await new Promise((done) => setTimeout(done, 300));
  expect(stdout.output.length).toBe(written);
  stdin.write('q');
  await exitCode;
});
