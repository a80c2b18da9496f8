import { expect, test } from 'vitest';
import { findAction, readAnswers } from '../../src/cli/registry.js';

test.each([
  ['node', '--set node has no value.'],
  ['=cp-1', '--set =cp-1 has no name.'],
])('--set %s tells which half is missing', (pair, message) => {
  expect(() => readAnswers(findAction('approve-csrs'), [pair])).toThrow(message);
});

test('what a plan chose by itself cannot be set from outside', () => {
  expect(() => readAnswers(findAction('approve-csrs'), ['pinned={}'])).toThrow(
    'pinned is what a plan chooses by itself; it cannot be set.',
  );
});
