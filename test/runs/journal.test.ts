import { appendFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasEndedMeanwhile, openJournal } from '../../src/runs/journal.js';
import { readJournal } from '../../src/runs/journal-lines.js';
import { NOW_MS } from '../support/builders.js';
import { tempDir } from '../support/temp-dir.js';

const clock = { now: () => NOW_MS };

test('keeps a line that a crash has cut apart from the next process’ first line', async () => {
  const path = join(await tempDir(), 'journal.ndjson');
  const first = openJournal(path, clock);
  first.append({ type: 'note', text: 'before' });
  first.close();
  await appendFile(path, '{"atMs":1,"type":"succ');

  const second = openJournal(path, clock);
  second.append({ type: 'note', text: 'after' });
  second.close();

  expect(readJournal(await readFile(path, 'utf8')).lines).toEqual([
    { atMs: NOW_MS, type: 'note', text: 'before' },
    { atMs: NOW_MS, type: 'note', text: 'after' },
  ]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('leaves an unfinished last line for later', () => {
  const whole = '{"atMs":1,"type":"note","text":"a"}\n';

  expect(readJournal(`${whole}{"atMs":2,"type":"no`)).toEqual({
    lines: [{ atMs: 1, type: 'note', text: 'a' }],
    takenLength: whole.length,
  });
});

test('says in words that the journal cannot be written', () => {
  expect(() => openJournal('/dev/full', clock).append({ type: 'note', text: 'x' })).toThrow(
    'The journal /dev/full cannot be written: the disk is full.',
  );
});

const told = (...types: readonly string[]): string =>
  types.map((type) => `${JSON.stringify({ atMs: 1, type })}\n`).join('');

test.each([
  ['nothing was said since', told('started', 'failed'), '', false],
  ['another process failed', told('started', 'failed'), told('started', 'failed'), true],
  ['another process was stopped', told('started'), told('cancelled'), true],
  ['another process died', told('started', 'failed'), told('started', 'step'), false],
  ['its last word was cut', told('started'), told('cancelled').slice(0, -7), false],
  ['it had succeeded before', told('started', 'succeeded'), '', true],
  ['there is no journal yet', '', '', false],
])('whether a run has ended since it was asked to go on: %s', (_, asked, since, hasEnded) => {
  expect(hasEndedMeanwhile(asked, asked + since)).toBe(hasEnded);
});
