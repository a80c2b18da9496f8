import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../../src/model/reading.js';
import { createSlot, type Urgency } from '../../src/store/slot.js';
import { anError, silence } from '../support/builders.js';

function aSlot(kind: 'watched' | 'polled' = 'watched') {
  let nowMs = 1_000;
  const told: { readonly state: Reading<unknown>['state']; readonly urgency: Urgency }[] = [];
  const slot = createSlot<{ readonly a: number }>({
    clock: { now: () => nowMs },
    kind,
    publish: (reading, urgency) => told.push({ state: reading.state, urgency }),
  });
  return {
    slot,
    told,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test('a value is fresh, and after a failure stale with its age', () => {
  const { slot, pass } = aSlot();
  slot.ok({ a: 1 });
  pass(5_000);
  slot.fail(silence());

  expect(slot.reading()).toMatchObject({ state: 'stale', value: { a: 1 }, readAtMs: 1_000 });
});

test('an equal value keeps its identity and changes nothing but the age', () => {
  const { slot, told, pass } = aSlot();
  const value = { a: 1 };
  slot.ok(value);
  pass(5_000);
  slot.ok({ a: 1 });

  expect(slot.reading()).toEqual({ state: 'fresh', value, readAtMs: 6_000 });
  expect('value' in slot.reading() && Object.is(slot.reading(), value)).toBe(false);
  expect(told).toEqual([
    { state: 'fresh', urgency: 'soon' },
    { state: 'fresh', urgency: 'lazily' },
  ]);
});

test('the same failure again is no news', () => {
  const { slot, told } = aSlot();
  slot.fail(silence());
  slot.fail(silence());
  slot.fail(anError('forbidden'));

  expect(told.map(({ state }) => state)).toEqual(['failed', 'failed']);
});

test('a watched value returns with the next sign of life, because its stream would have told a change', () => {
  const { slot, pass } = aSlot('watched');
  slot.ok({ a: 1 });
  slot.silence(silence());
  expect(slot.reading().state).toBe('stale');
  pass(3_000);
  slot.heard();

  expect(slot.reading()).toEqual({ state: 'fresh', value: { a: 1 }, readAtMs: 4_000 });
});

test('a polled value stays stale until it is read again', () => {
  const { slot } = aSlot('polled');
  slot.ok({ a: 1 });
  slot.silence(silence());
  slot.heard();
  expect(slot.reading().state).toBe('stale');
  slot.ok({ a: 1 });

  expect(slot.reading().state).toBe('fresh');
});

test('a sign of life does not mend a stream that is broken by itself', () => {
  const { slot } = aSlot('watched');
  slot.ok({ a: 1 });
  slot.silence(silence());
  slot.fail(silence('the stream broke'));
  slot.heard();

  expect(slot.reading().state).toBe('stale');
});

test('a node that was never heard fails, and waits again when it lives', () => {
  const { slot } = aSlot('watched');
  slot.silence(silence());
  expect(slot.reading().state).toBe('failed');
  slot.heard();

  expect(slot.reading().state).toBe('waiting');
});

type Step = 'ok' | 'fail' | 'silence' | 'heard' | 'confirm' | 'revise';

test('whatever happens in whatever order, fresh means that the last word was good', () => {
  const steps = fc.array(
    fc.constantFrom<Step>('ok', 'fail', 'silence', 'heard', 'confirm', 'revise'),
  );
  fc.assert(
    fc.property(steps, fc.constantFrom('watched' as const, 'polled' as const), (list, kind) => {
      const { slot, pass } = aSlot(kind);
      let isStreamGood = false;
      let isSilent = false;
      let isOutdated = false;
      for (const step of list) {
        pass(1);
        switch (step) {
          case 'ok':
            slot.ok({ a: 1 });
            [isStreamGood, isSilent, isOutdated] = [true, false, false];
            break;
          case 'fail':
            slot.fail(anError('malformed'));
            isStreamGood = false;
            break;
          case 'silence':
            slot.silence(silence());
            isSilent = true;
            isOutdated ||= kind === 'polled';
            break;
          case 'heard':
            slot.heard();
            isSilent = false;
            break;
          case 'confirm':
            slot.confirm();
            break;
          case 'revise':
            slot.revise({ a: 2 });
            break;
        }
        const mayBeFresh = isStreamGood && !isSilent && !isOutdated;
        if (!mayBeFresh) expect(slot.reading().state).not.toBe('fresh');
      }
    }),
  );
});
