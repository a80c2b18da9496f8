import { expect, test } from 'vitest';
import { createTerminal } from '../support/terminal.js';

const BEGIN = '\u001B[?2026h';
const END = '\u001B[?2026l';

test('a frame that comes in pieces is seen when it is whole', async () => {
  const terminal = createTerminal(30, 2);
  terminal.feed('old\r\n');
  await terminal.waitFor('old');
  terminal.feed(`${BEGIN}\u001B[HWritten to `);
  terminal.feed('runs/');
  // The emulator reads what it is fed in order: the third piece comes after the first two.
  const seen = terminal.waitFor('Written to');
  await new Promise<void>((read) => terminal.emulator.write('', read));
  expect(terminal.text()).toBe('old\n');
  terminal.feed(`script.sh${END}`);
  await seen;
  expect(terminal.line(0)).toBe('Written to runs/script.sh');
});

test('what a program drew before it died is seen', async () => {
  const terminal = createTerminal(20, 2);
  terminal.feed(`${BEGIN}half`);
  await new Promise<void>((read) => terminal.emulator.write('', read));
  expect(terminal.text()).not.toContain('half');
  terminal.end();
  expect(terminal.text()).toContain('half');
});
