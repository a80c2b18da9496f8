import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  judge,
  NO_OBJECTIONS,
  red,
  together,
  unknown,
  unreadText,
  whenFresh,
} from '../../../src/actions/gates/judge.js';
import { WAITING } from '../../../src/model/reading.js';
import { failed, fresh, silence, stale } from '../../support/builders.js';

const FRAME = { id: 'G-X', title: 'x', remedy: 'repair', override: 'type' } as const;

test('is green without any objection, and with one never', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 });
  fc.assert(
    fc.property(texts, texts, (reds, unknowns) => {
      const { state } = judge(FRAME, { red: reds, unknown: unknowns }, 'well');
      expect(state).toBe(reds.length > 0 ? 'red' : unknowns.length > 0 ? 'unknown' : 'green');
    }),
  );
  expect(judge(FRAME, NO_OBJECTIONS, 'well')).toEqual({ ...FRAME, state: 'green', text: 'well' });
});

test('says what is wrong before what is not known, each once, and counts the rest', () => {
  const objections = together([unknown('u'), red('a', 'b'), red('a', 'c', 'd', 'e')]);
  expect(judge(FRAME, objections, 'well').text).toBe('a, b, c, d and 2 more');
  expect(judge(FRAME, red('a', 'a'), 'well').text).toBe('a');
});

test('puts objections together without losing one', () => {
  expect(together([unknown('u'), red('r'), NO_OBJECTIONS, unknown('v')])).toEqual({
    red: ['r'],
    unknown: ['u', 'v'],
  });
});

test('keeps control sequences off the screen', () => {
  expect(judge(FRAME, red('\u001b[31ma'), '').text).toBe('a');
});

test('takes a reading at its word only while it is fresh', () => {
  const ask = (value: boolean) => (value ? NO_OBJECTIONS : red('no'));
  expect(whenFresh('x', fresh(true), ask)).toEqual({ red: [], unknown: [] });
  expect(whenFresh('x', fresh(false), ask)).toEqual({ red: ['no'], unknown: [] });
  for (const reading of [undefined, WAITING, stale(true), failed()]) {
    const objections = whenFresh('x', reading, ask);
    expect(objections.red).toEqual([]);
    expect(objections.unknown).toHaveLength(1);
  }
});

test('tells why a reading cannot be relied on', () => {
  expect(unreadText('x', undefined)).toBe('x is not known yet');
  expect(unreadText('x', WAITING)).toBe('x is not known yet');
  expect(unreadText('x', stale(1, silence('gone')))).toBe('x is out of date: gone');
  expect(unreadText('x', failed(silence('gone')))).toBe('x is not known: gone');
});
