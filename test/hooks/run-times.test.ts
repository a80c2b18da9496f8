import { expect, test } from 'vitest';
import { usualRunMs, usualStepMs } from '../../src/hooks/run-times.js';
import { aRun, aRunStep } from '../support/run-summaries.js';

const took = (id: string, seconds: number, state: 'succeeded' | 'failed' = 'succeeded') =>
  aRun({
    id,
    state,
    startedAtMs: 0,
    endedAtMs: seconds * 1000,
    steps: [aRunStep({ id: 'take', startedAtMs: 0, endedAtMs: seconds * 500 })],
  });

test('the usual time is the middle one of earlier runs that succeeded', () => {
  const now = aRun({ id: 'now', state: 'running', endedAtMs: null });
  const runs = [now, took('a', 4), took('b', 90), took('c', 6), took('d', 1, 'failed')];
  expect(usualRunMs(runs, now)).toBe(6_000);
  expect(usualStepMs(runs, now, 'take')).toBe(3_000);
});

test('nothing is called usual that was never done here', () => {
  const now = aRun({ id: 'now', state: 'running', endedAtMs: null });
  expect(usualRunMs([now, took('a', 4, 'failed')], now)).toBeNull();
  expect(usualStepMs([now, took('a', 4)], now, 'other-step')).toBeNull();
});

test('what five nodes took is not the usual time of one', () => {
  const now = aRun({ id: 'now', state: 'running', endedAtMs: null });
  const many = { ...took('many', 90), steps: [aRunStep({ id: 'take' }), aRunStep({ id: 'more' })] };
  expect(usualRunMs([now, many], now)).toBeNull();
  expect(usualRunMs([now, many, took('one', 4)], now)).toBe(4_000);
});
