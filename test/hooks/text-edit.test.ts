import { expect, test } from 'vitest';
import {
  cursorToEnd,
  cursorToStart,
  editOf,
  eraseBefore,
  eraseUnder,
  insert,
  moveCursor,
  textOf,
} from '../../src/hooks/text-edit.js';

test('edits in the middle of a text', () => {
  const edit = moveCursor(editOf('cp1'), -1);
  expect(textOf(insert(edit, '-'))).toBe('cp-1');
  expect(textOf(eraseBefore(edit))).toBe('c1');
  expect(textOf(eraseUnder(edit))).toBe('cp');
});

test('stays inside of the text at both ends', () => {
  const start = cursorToStart(editOf('ab'));
  expect(textOf(eraseBefore(start))).toBe('ab');
  expect(moveCursor(start, -1).cursor).toBe(0);
  expect(moveCursor(cursorToEnd(start), 1).cursor).toBe(2);
});

test('erases what a person sees as one character', () => {
  expect(textOf(eraseBefore(editOf('aé')))).toBe('a');
});

test('takes a pasted path without its line end', () => {
  expect(textOf(insert(editOf(''), '/var/lib/snapshots\n'))).toBe('/var/lib/snapshots');
  expect(textOf(insert(editOf(''), 'a\nb'))).toBe('a b');
});
