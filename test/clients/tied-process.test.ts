import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { notBegun, tiedToUs } from '../../src/clients/tied-process.js';
import { tempDir } from '../support/temp-dir.js';

function start(argv: readonly [string, ...string[]], path: string): ChildProcess {
  const [program, ...args] = argv;
  const child = spawn(program, args, { env: { PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess) {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode: Number(exitCode), ...said };
}

const PATH = process.env.PATH ?? '';
const HOSTILE = `a b; echo "$HOME" $(id) 'c'`;

/** Where there is no setpriv. */
async function barePath(): Promise<string> {
  const directory = await mkdtemp(join(await tempDir(), 'bin-'));
  await symlink('/bin/sh', join(directory, 'sh'));
  return directory;
}

test('a tied command keeps its pid and takes its words as they are, with setpriv or without', async () => {
  for (const path of [PATH, await barePath()]) {
    const child = start(
      tiedToUs([process.execPath, '-p', 'process.pid + process.argv[1]', HOSTILE]),
      path,
    );
    expect(await ended(child)).toEqual({
      exitCode: 0,
      stdout: `${child.pid}${HOSTILE}\n`,
      stderr: '',
    });
  }
});

test('whose parent died before the kernel was asked does not begin', async () => {
  const argv = tiedToUs(['echo', 'begun']).map((word) =>
    word === String(process.pid) ? '1' : word,
  );
  const [program = '', ...args] = argv;
  expect(await ended(start([program, ...args], PATH))).toMatchObject({ exitCode: 1, stdout: '' });
});

test('a command that is not there is told from one that fails by itself', async () => {
  const missing = await ended(start(tiedToUs([join(await tempDir(), 'kubectl')]), PATH));
  expect(notBegun(missing.exitCode, missing.stderr)).toBe('missing');
  const unusable = await ended(start(tiedToUs([await tempDir()]), PATH));
  expect(notBegun(unusable.exitCode, unusable.stderr)).toBe('unusable');
  const own = await ended(start(tiedToUs(['sh', '-c', 'echo exec: x >&2; exit 127']), PATH));
  expect(notBegun(own.exitCode, own.stderr)).toBeNull();
});
