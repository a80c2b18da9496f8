import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDirectory } from '../../src/clients/make-directory.js';
import { inspectDirectory, prepareDirectory } from '../../src/clients/snapshot-directory.js';
import { tempDir } from '../support/temp-dir.js';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('makes a directory and what is missing above it, for nobody else to enter', async () => {
  const home = await tempDir();
  const path = join(home, 'a', 'b');

  makeDirectory(path);
  makeDirectory(path);

  expect(await modeOf(path)).toBe(0o700);
  expect(await modeOf(join(home, 'a'))).toBe(0o700);
});

test.each(['/proc/nope', '/proc/nope/runs', '/sys/nope', '/proc'])(
  '%s takes no files: that is said at once, by any command',
  async (path) => {
    expect(() => makeDirectory(join(path, 'runs'))).toThrow(
      expect.objectContaining({ code: 'ENOTSUP' }),
    );
    await expect(prepareDirectory(join(path, 'runs'))).rejects.toMatchObject({
      kind: 'disk',
      message: expect.stringContaining('the kernel keeps no files there'),
      hint: 'Choose a directory on a disk.',
    });
  },
);

test('a file in the way is no directory', async () => {
  const path = join(await tempDir(), 'file');
  await writeFile(path, '');

  expect(() => makeDirectory(path)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  expect(() => makeDirectory(join(path, 'x'))).toThrow(
    expect.objectContaining({ code: 'ENOTDIR' }),
  );
});

test('a snapshot directory that can never be made is not promised', async () => {
  expect(await inspectDirectory('/proc/nope')).toMatchObject({
    state: 'unusable',
    problem:
      '/proc/nope does not exist and cannot be made in /proc: the kernel keeps no files there (as in /proc and /sys)',
  });
  const home = await tempDir();
  await mkdir(join(home, 'a'));
  expect(await inspectDirectory(join(home, 'a', 'b', 'c'))).toMatchObject({ state: 'absent' });
});
