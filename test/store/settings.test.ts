import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/model/errors.js';
import { changeSetting, readSettings, settingsFile } from '../../src/store/settings.js';
import { writeText } from '../support/operator-files.js';
import { tempDir } from '../support/temp-dir.js';

test('without a file nothing is set, and none is made', async () => {
  const directory = join(await tempDir(), 'config');

  expect(await readSettings(directory)).toEqual({});
  await expect(stat(settingsFile(directory))).rejects.toThrow('ENOENT');
});

test('a setting is written as YAML that only its owner can read', async () => {
  const directory = join(await tempDir(), 'config');

  await changeSetting(directory, 'theme', 'light');

  expect(await readSettings(directory)).toEqual({ theme: 'light' });
  expect(await readFile(settingsFile(directory), 'utf8')).toBe('theme: light\n');
  expect((await stat(settingsFile(directory))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test('comments and other keys of the file survive a change', async () => {
  const directory = await tempDir();
  await writeText(
    settingsFile(directory),
    '# mine\nclusters:\n  home: {production: true} # careful\ntheme: dark\nascii: true\n',
  );

  await changeSetting(directory, 'theme', 'light');
  await changeSetting(directory, 'ascii', undefined);

  expect(await readFile(settingsFile(directory), 'utf8')).toBe(
    '# mine\nclusters:\n  home: { production: true } # careful\ntheme: light\n',
  );
});

test('a file of comments only is an empty one', async () => {
  const directory = await tempDir();
  await writeText(settingsFile(directory), '# nothing yet\n');

  expect(await readSettings(directory)).toEqual({});
});

const BROKEN = [
  ['YAML that does not parse', 'theme: [dark\nascii: true\n', /line \d/],
  ['an unknown key', 'ascii: true\n\nthem: dark\n', /line 3: `them` is no known key/],
  [
    'a wrong value',
    'ascii: true\ntheme: purple\n',
    /line 2: `theme` must be one of .*auto, dark, light/,
  ],
  ['no mapping at all', '- a\n- b\n', /line 1/],
  [
    'a bad URL inside',
    'proxmox:\n  url: http://pve\n  tokenFile: t\n',
    /line 2: `proxmox\.url` is no https URL/,
  ],
] as const;

test.each(BROKEN)(
  '%s is named with line and reason and never overwritten',
  async (_, text, reason) => {
    const directory = await tempDir();
    const path = settingsFile(directory);
    await writeText(path, text);

    await expect(readSettings(directory)).rejects.toThrow(reason);
    await expect(readSettings(directory)).rejects.toThrow(path);
    await expect(changeSetting(directory, 'theme', 'light')).rejects.toBeInstanceOf(
      ConfigurationError,
    );

    expect(await readFile(path, 'utf8')).toBe(text);
  },
);

test('the next step for settings that do not parse is their line, not another file', async () => {
  const directory = await tempDir();
  await writeText(settingsFile(directory), 'theme: [dark\nascii: true\n');

  await expect(readSettings(directory)).rejects.toMatchObject({
    hint: expect.stringMatching(/^Correct line \d of the file; it is not changed by talos-tui\.$/),
  });
});

test('a directory that cannot be written gives one sentence and a next step', async () => {
  const directory = join(await tempDir(), 'file');
  await writeText(directory, 'not a directory');

  await expect(changeSetting(directory, 'theme', 'light')).rejects.toMatchObject({
    kind: 'configuration',
    hint: expect.stringMatching(/\.$/),
  });
});
