import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClock, type WorldClock } from '../../../src/lab/world/clock.js';

const frozen = (): WorldClock => createClock({ scale: 0, startMs: 1000 });

/** A clock whose real time the test moves: the callbacks of real timers run when it says. */
function driven(scale: number) {
  let realMs = 0;
  let waiting: { readonly atMs: number; readonly run: () => void } | undefined;
  const clock = createClock(
    { scale, startMs: 0 },
    {
      now: () => realMs,
      after: (ms, run) => {
        waiting = { atMs: realMs + ms, run };
        return setTimeout(() => {}, 0);
      },
    },
  );
  const pass = (ms: number): void => {
    const endMs = realMs + ms;
    while (waiting !== undefined && waiting.atMs <= endMs) {
      const { atMs, run } = waiting;
      waiting = undefined;
      realMs = Math.max(realMs, atMs);
      run();
    }
    realMs = endMs;
  };
  return { clock, pass };
}

test('timers run at their own moments, ties in the order in which they were set', () => {
  const clock = frozen();
  const seen: string[] = [];
  for (const [name, ms] of [
    ['late', 50],
    ['first', 10],
    ['second', 10],
    ['zero', 0],
  ] as const) {
    clock.after(ms, () => seen.push(`${name}@${clock.now()}`));
  }
  clock.advance(49);

  expect(seen).toEqual(['zero@1000', 'first@1010', 'second@1010']);
  expect(clock.now()).toBe(1049);
});

test('any set of timers runs in order of time, each exactly once, and cancelled ones never', () => {
  const plans = fc.array(fc.record({ ms: fc.nat(500), isCancelled: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(plans, (timers) => {
      const clock = frozen();
      const seen: number[] = [];
      const cancels = timers.map(({ ms }, index) => clock.after(ms, () => seen.push(index)));
      timers.forEach(({ isCancelled }, index) => {
        if (isCancelled) cancels[index]?.();
      });
      clock.advance(500);
      const expected = timers
        .map((timer, index) => ({ ...timer, index }))
        .filter(({ isCancelled }) => !isCancelled)
        .sort((a, b) => a.ms - b.ms || a.index - b.index)
        .map(({ index }) => index);
      expect(seen).toEqual(expected);
    }),
  );
});

test('a heartbeat goes on until it is stopped, also across one long advance', () => {
  const clock = frozen();
  let beats = 0;
  const stop = clock.every(100, () => {
    beats += 1;
  });
  clock.advance(1000);
  stop();
  clock.advance(1000);

  expect(beats).toBe(10);
});

test('a time scale of 10 lets ten virtual seconds pass in a real one, and never passes a due timer', () => {
  const { clock, pass } = driven(10);
  const seen: number[] = [];
  clock.after(5000, () => seen.push(clock.now()));
  pass(499);
  expect([clock.now(), seen]).toEqual([4990, []]);
  pass(2);
  expect(seen).toEqual([5000]);
  pass(499);
  expect(clock.now()).toBe(10_000);
});

test('an infinite scale goes straight from work to work, but heartbeats alone do not hurry it', () => {
  const { clock, pass } = driven(Number.POSITIVE_INFINITY);
  let beats = 0;
  clock.every(1000, () => {
    beats += 1;
  });
  pass(500);
  expect(beats).toBe(0);
  let doneAtMs = 0;
  clock.after(60_000, () => {
    doneAtMs = clock.now();
  });
  pass(1);

  expect(doneAtMs).toBe(60_500);
  expect(beats).toBe(60);
});

test('a jump of the wall clock moves no timer', () => {
  const clock = frozen();
  let ran = false;
  clock.after(100, () => {
    ran = true;
  });
  clock.jump(3_600_000);
  clock.advance(99);

  expect(ran).toBe(false);
  expect(clock.now()).toBe(1000 + 3_600_000 + 99);
  expect(clock.monotonicMs()).toBe(1099);
});
