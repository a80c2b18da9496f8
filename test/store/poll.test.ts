import { expect, test } from 'vitest';
import type { OperatorError } from '../../src/model/errors.js';
import { createPoll } from '../../src/store/poll.js';
import { anError } from '../support/builders.js';
import { createManualClock } from '../support/manual-clock.js';
import { breathe } from '../support/session.js';

function aPoll(read: (signal: AbortSignal) => Promise<number>) {
  const clock = createManualClock();
  const values: number[] = [];
  const errors: OperatorError[] = [];
  const poll = createPoll<number>({
    clock,
    subject: 'The other side',
    everyMs: () => 10_000,
    timeoutMs: 4_000,
    read,
    onValue: (value) => values.push(value),
    onError: (error) => errors.push(error),
    random: () => 0.5,
  });
  return { clock, poll, values, errors };
}

test('reads at once and then at its pace', async () => {
  let count = 0;
  const { clock, poll, values } = aPoll(async () => ++count);
  poll.start();
  await breathe();
  expect(values).toEqual([1]);
  clock.advance(9_999);
  await breathe();
  expect(values).toEqual([1]);
  clock.advance(1);
  await breathe();

  expect(values).toEqual([1, 2]);
});

test('an answer that never comes is a timeout, and the next turn asks again', async () => {
  let count = 0;
  const { clock, poll, values, errors } = aPoll(() => {
    count += 1;
    return count === 1 ? new Promise(() => {}) : Promise.resolve(count);
  });
  poll.start();
  await breathe();
  clock.advance(4_000);
  await breathe();
  expect(errors.map(({ kind, message }) => [kind, message])).toEqual([
    ['timeout', 'The other side gave no answer within 4 s'],
  ]);
  clock.advance(10_000);
  await breathe();

  expect(values).toEqual([2]);
});

test('asked for while it reads, it reads once more and never twice at once', async () => {
  const waiting: ((value: number) => void)[] = [];
  const { poll, values } = aPoll(() => new Promise((resolve) => waiting.push(resolve)));
  poll.start();
  poll.now();
  poll.now();
  await breathe();
  expect(waiting).toHaveLength(1);
  waiting[0]?.(1);
  await breathe();
  expect(waiting).toHaveLength(2);
  waiting[1]?.(2);
  await breathe();

  expect(values).toEqual([1, 2]);
  expect(waiting).toHaveLength(2);
});

test('what arrives after the stop is not told', async () => {
  const waiting: { readonly resolve: (value: number) => void; readonly signal: AbortSignal }[] = [];
  const { clock, poll, values, errors } = aPoll(
    (signal) => new Promise((resolve) => waiting.push({ resolve, signal })),
  );
  poll.start();
  await breathe();
  poll.stop();
  expect(waiting[0]?.signal.aborted).toBe(true);
  waiting[0]?.resolve(1);
  await breathe();

  expect(values).toEqual([]);
  expect(errors).toEqual([]);
  expect(clock.pending()).toBe(0);
});

test('started anew it reads anew', async () => {
  let count = 0;
  const { poll, values } = aPoll(async () => ++count);
  poll.start();
  poll.stop();
  poll.start();
  await breathe();

  expect(values).toEqual([2]);
});

test('an error of the world is told, and the poll goes on', async () => {
  let count = 0;
  const { clock, poll, values, errors } = aPoll(async () => {
    count += 1;
    if (count === 1) throw anError('forbidden');
    return count;
  });
  poll.start();
  await breathe();
  clock.advance(10_000);
  await breathe();

  expect(errors.map(({ kind }) => kind)).toEqual(['forbidden']);
  expect(values).toEqual([2]);
});
