import { expect, test } from 'vitest';
import { createIdleness } from '../../src/cli/idleness.js';
import { createManualClock } from '../support/manual-clock.js';

const MINUTE_MS = 60_000;

function watched() {
  const clock = createManualClock();
  const told: boolean[] = [];
  const idleness = createIdleness(clock, (isIdle) => told.push(isIdle));
  return { clock, told, idleness };
}

test('tells that nobody is there after five minutes without a key', () => {
  const { clock, told } = watched();
  clock.advance(5 * MINUTE_MS - 1);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual([true]);
  clock.advance(60 * MINUTE_MS);
  expect(told).toEqual([true]);
});

test('counts anew from every key', () => {
  const { clock, told, idleness } = watched();
  for (let minute = 0; minute < 30; minute++) {
    clock.advance(MINUTE_MS);
    idleness.touch();
  }
  expect(told).toEqual([]);
});

test('tells at once that somebody is back, and only once', () => {
  const { clock, told, idleness } = watched();
  clock.advance(10 * MINUTE_MS);
  idleness.touch();
  idleness.touch();
  expect(told).toEqual([true, false]);
  clock.advance(5 * MINUTE_MS);
  expect(told).toEqual([true, false, true]);
});
