import { expect, test } from 'vitest';
import { createLimit, readPart } from '../../src/clients/inspect/part.js';
import { fresh, WAITING } from '../../src/model/reading.js';
import { anError } from '../support/builders.js';
import { createManualClock } from '../support/manual-clock.js';

const options = (clock = createManualClock()) => ({ what: 'the part', deadlineMs: 5_000, clock });

test('a part that is read is fresh from then on', async () => {
  const clock = createManualClock(1_000);

  expect(await readPart(options(clock), WAITING, async () => 7)).toEqual(fresh(7, 1_000));
  expect(clock.pending()).toBe(0);
});

test('a part that fails keeps what was known as stale, and fails without it', async () => {
  const error = anError('forbidden');
  const fail = () => Promise.reject(error);

  expect(await readPart(options(), fresh(7, 1), fail)).toMatchObject({
    ...{ state: 'stale', value: 7, readAtMs: 1, error },
  });
  expect(await readPart(options(), WAITING, fail)).toMatchObject({ state: 'failed', error });
});

test('a part that never answers ends after its time and is told to stop', async () => {
  const clock = createManualClock();
  let given: AbortSignal | null = null;
  const reading = readPart(options(clock), WAITING, (signal) => {
    given = signal;
    return new Promise(() => {});
  });

  clock.advance(5_000);

  expect(await reading).toMatchObject({
    state: 'failed',
    error: { kind: 'timeout', message: 'the part: not read within 5 s' },
  });
  expect(given).toMatchObject({ aborted: true });
});

test('a mistake of ours is not taken for an answer of the world', async () => {
  const bug = new TypeError('bug');

  await expect(readPart(options(), WAITING, () => Promise.reject(bug))).rejects.toBe(bug);
});

test('no more than so many run at a time, in the order in which they came', async () => {
  const limit = createLimit(3);
  const started: number[] = [];
  const ends = new Map<number, () => void>();
  const runs = Array.from({ length: 8 }, (_, index) =>
    limit(async () => {
      started.push(index);
      await new Promise<void>((end) => ends.set(index, end));
      if (index === 1) throw anError('timeout');
    }).catch(() => undefined),
  );
  const settle = () => new Promise((done) => setImmediate(done));

  await settle();
  expect(started).toEqual([0, 1, 2]);
  ends.get(1)?.();
  await settle();
  expect(started).toEqual([0, 1, 2, 3]);
  for (let index = 0; index < 8; index += 1) {
    ends.get(index)?.();
    await settle();
  }
  await Promise.all(runs);
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
