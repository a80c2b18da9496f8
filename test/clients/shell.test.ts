import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createShell } from '../../src/clients/shell.js';
import { CommandFailed } from '../../src/model/errors.js';
import type { CommandRecord } from '../../src/model/run.js';
import { eventually } from '../support/patience.js';
import { tempDir } from '../support/temp-dir.js';

function aShell(env: Readonly<Record<string, string>> = {}) {
  const records: CommandRecord[] = [];
  const pids: number[] = [];
  const shell = createShell({
    env: { ...process.env, ...env },
    clock: systemClock,
    record: (command) => records.push(command),
    onSpawn: (pid) => pids.push(pid),
  });
  return { shell, records, pids };
}

/** A program of this name that runs the given JavaScript. */
async function program(name: string, script: string): Promise<string> {
  const path = join(await tempDir(), name);
  await writeFile(path, `#!${process.execPath}\n${script}`);
  await chmod(path, 0o700);
  return path;
}

const READ = { effect: 'read', timeoutMs: 10_000 } as const;

test('gives the output as it is and records the command', async () => {
  const { shell, records, pids } = aShell();
  const talosctl = await program('talosctl', 'console.log(process.argv.slice(2).join("|"))');

  const result = await shell.run([talosctl, 'get', 'a b', '$HOME;'], {
    ...READ,
    effect: 'change',
    target: 'cp-1',
  });

  expect(result).toMatchObject({ stdout: 'get|a b|$HOME;\n', stderr: '' });
  expect(records).toMatchObject([
    {
      argv: [talosctl, 'get', 'a b', '$HOME;'],
      effect: 'change',
      exitCode: 0,
      target: 'cp-1',
      runId: null,
    },
  ]);
  expect(pids).toHaveLength(1);
});

test('a failure carries code, reason and next step, and is recorded', async () => {
  const { shell, records } = aShell();
  const talosctl = await program(
    'talosctl',
    'console.error("WARNING: older\\nrpc error: code = PermissionDenied desc = not authorized"); process.exit(1)',
  );

  const error = await shell.run([talosctl, 'reboot'], READ).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(CommandFailed);
  expect(error).toMatchObject({
    exitCode: 1,
    stderr: 'rpc error: code = PermissionDenied desc = not authorized',
    hint: expect.stringContaining('role'),
  });
  expect(records).toMatchObject([{ exitCode: 1 }]);
});

test('a program that ends well after we stopped it has not succeeded', async () => {
  const { shell } = aShell();
  const talosctl = await program(
    'talosctl',
    'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); console.log("up")',
  );

  await expect(
    shell.run([talosctl, 'reboot'], { ...READ, timeoutMs: 1_000 }),
  ).rejects.toMatchObject({
    kind: 'timeout',
    message: 'talosctl did not end within 1 s and was stopped.',
  });
});

test('a cancelled program is ended and told as cancelled', async () => {
  const { shell, pids } = aShell();
  const sleeper = await program('sleeper', 'setInterval(() => {}, 1000)');
  const abort = new AbortController();
  const running = shell.run([sleeper], { ...READ, signal: abort.signal });
  const ended = expect(running).rejects.toMatchObject({ kind: 'cancelled' });
  await eventually(() => expect(pids).toHaveLength(1));
  abort.abort();

  await ended;
  expect(() => process.kill(pids[0] ?? 0, 0)).toThrow('ESRCH');
  await expect(shell.run([sleeper], { ...READ, signal: abort.signal })).rejects.toMatchObject({
    kind: 'cancelled',
  });
});

test('a missing program and one that may not run are told apart', async () => {
  const { shell } = aShell();
  const path = await program('kubectl', '');
  await chmod(path, 0o600);

  await expect(shell.run([join(path, '..', 'nothing')], READ)).rejects.toMatchObject({
    kind: 'program-missing',
    message: expect.stringContaining('was not found'),
    hint: expect.stringContaining('Install nothing'),
  });
  await expect(shell.run([path], READ)).rejects.toMatchObject({
    kind: 'program-missing',
    message: expect.stringContaining('may not be executed'),
  });
});

test('output is appended to a private file while it comes', async () => {
  const { shell } = aShell();
  const outputFile = join(await tempDir(), 'step.log');
  await writeFile(outputFile, 'before\n', { mode: 0o644 });
  const talosctl = await program('talosctl', 'console.log("out"); console.error("err")');

  const { stdout } = await shell.run([talosctl], { ...READ, outputFile });

  expect(stdout).toBe('out\n');
  const text = await readFile(outputFile, 'utf8');
  expect(text.startsWith('before\n')).toBe(true);
  expect(text).toContain('out\n');
  expect(text).toContain('err\n');
  expect((await stat(outputFile)).mode & 0o777).toBe(0o600);
});

test('stdin reaches the program', async () => {
  const { shell } = aShell();
  const cat = await program('cat', 'process.stdin.pipe(process.stdout)');

  expect(await shell.run([cat], { ...READ, stdin: '{"a":1}' })).toMatchObject({
    stdout: '{"a":1}',
  });
});

test('a program may open what it is handed as a file, which has no name and belongs to nobody else', async () => {
  const { shell } = aShell();
  const reader = await program(
    'reader',
    `const { readFileSync, fstatSync, readlinkSync } = require('node:fs');
    const { mode, nlink } = fstatSync(0);
    const name = readlinkSync('/proc/self/fd/0');
    console.log(JSON.stringify({ text: readFileSync('/dev/stdin', 'utf8'), nlink, mode: mode & 0o777, name }));`,
  );
  const text = 'token: s3cret\n'.repeat(10_000);

  const { stdout } = await shell.run([reader], { ...READ, stdin: text });

  const seen = JSON.parse(stdout);
  expect(seen).toMatchObject({ nlink: 0, mode: 0o600 });
  expect(seen.text === text).toBe(true);
  const directory = dirname(seen.name.replace(/ \(deleted\)$/, ''));
  await expect(stat(directory)).rejects.toThrow(/ENOENT/);
});

const inherited = {
  KUBECONFIG: 'elsewhere',
  TALOSCONFIG: 'elsewhere',
  https_proxy: 'http://apt.example.org:3128',
  HTTPS_PROXY: 'http://apt.example.org:3128',
};

test.each([
  ['talosctl', { TALOSCONFIG: undefined, https_proxy: undefined, HTTPS_PROXY: undefined }],
  ['kubectl', { KUBECONFIG: undefined, https_proxy: undefined, KUBERC: 'off' }],
  ['helm', { KUBECONFIG: undefined, https_proxy: inherited.https_proxy }],
  ['qm', inherited],
])('%s inherits no settings that would win over its flags', async (name, expected) => {
  const { shell } = aShell(inherited);
  const tool = await program(name, 'console.log(JSON.stringify(process.env))');

  const env = JSON.parse((await shell.run([tool], READ)).stdout);

  expect(env).toMatchObject({ PATH: process.env.PATH, LC_ALL: 'C', NO_COLOR: '1' });
  for (const [variable, value] of Object.entries(expected)) expect(env[variable]).toBe(value);
});
