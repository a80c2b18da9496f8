import { expect, test } from 'vitest';
import type { Gate, Plan, Refusal, Step } from '../../src/actions/types.js';
import { ClientError } from '../../src/model/errors.js';
import type { Engine } from '../../src/runs/engine.js';
import { perform } from '../../src/runs/perform.js';
import { eagerClock } from '../support/eager-clock.js';
import { memoryJournal } from '../support/memory-journal.js';
import { anEngine, aPlan, aStep } from '../support/run-world.js';

async function performed(steps: readonly Step[], change: Partial<Engine> = {}, plan?: Plan) {
  const chosen = plan ?? aPlan(steps);
  const journal = memoryJournal();
  const outcome = await perform(chosen, anEngine(chosen, { journal, ...change }));
  return {
    outcome,
    entries: journal.entries,
    types: journal.types(),
    last: journal.entries.at(-1),
  };
}

const aGate = (state: Gate['state'], override: Gate['override'] = 'no'): Gate => ({
  id: 'G-ETCD',
  title: 'etcd has its quorum',
  state,
  text: '2 of 3 voters healthy',
  remedy: 'Start cp-2.',
  override,
});

test('journals what it will do before it does it, then the proof', async () => {
  const { outcome, entries } = await performed([aStep('one')]);

  expect(outcome).toBe('succeeded');
  expect(entries).toEqual([
    { type: 'step', step: 'one', title: 'Do one' },
    { type: 'intent', step: 'one', command: 'do one' },
    { type: 'done', step: 'one', evidence: 'one is so' },
    { type: 'succeeded', evidence: 'Do things: 1 step proven.' },
  ]);
});

test('writes the intent before the effect', async () => {
  const seen: string[] = [];
  const journal = memoryJournal(({ type }) => seen.push(type));
  const plan = aPlan([
    aStep('one', {
      run: async () => void seen.push('effect'),
      prove: async () => ({ done: true, evidence: 'so' }),
    }),
  ]);

  await perform(plan, anEngine(plan, { journal }));

  expect(seen).toEqual(['step', 'intent', 'effect', 'done', 'succeeded']);
});

test('skips what is already so', async () => {
  const ran: string[] = [];
  const { types } = await performed([
    aStep('one', {
      look: async () => ({ done: true, evidence: 'it was so before' }),
      run: async () => void ran.push('one'),
    }),
  ]);

  expect(ran).toEqual([]);
  expect(types).toEqual(['step', 'already-done', 'succeeded']);
});

test('says what it waits for, and goes on as soon as the proof is there', async () => {
  let looks = 0;
  const { outcome, entries } = await performed([
    aStep('one', {
      prove: async () => {
        looks += 1;
        return looks < 5
          ? { done: false, lastSeen: `${looks} of 5 ready` }
          : { done: true, evidence: 'all ready' };
      },
    }),
  ]);

  expect(outcome).toBe('succeeded');
  expect(entries.filter(({ type }) => type === 'observed')).toEqual([
    { type: 'observed', step: 'one', lastSeen: '1 of 5 ready' },
    { type: 'observed', step: 'one', lastSeen: '3 of 5 ready' },
  ]);
});

test('ends a failure with the state, what failed and what to do', async () => {
  const { outcome, last } = await performed([
    aStep('one'),
    aStep('two', {
      run: () => Promise.reject(new ClientError('rejected', 'The API said no.', 'Ask again.')),
    }),
    aStep('three'),
  ]);

  expect(outcome).toBe('failed');
  expect(last).toEqual({
    type: 'failed',
    step: 'two',
    error: 'The API said no.',
    hint: 'Ask again.',
    state: 'Done: Do one. "Do two" failed. Not begun: Do three.',
  });
});

test('fails a step whose proof never comes, with what was seen last', async () => {
  const clock = eagerClock();
  const { last } = await performed(
    [aStep('one', { prove: async () => ({ done: false, lastSeen: 'still NotReady' }) })],
    { clock },
  );

  expect(last).toMatchObject({
    type: 'failed',
    error: 'one is so was not seen within 10 s. Last seen: still NotReady',
  });
  expect(clock.sleptMs()).toBe(10_000);
});

test('bears with an API that is away for a while, but not for ever', async () => {
  const away = () => Promise.reject(new ClientError('unreachable', 'connection refused', 'Wait.'));
  let isBack = 0;
  const patient = await performed([
    aStep('one', {
      look: () => {
        isBack += 1;
        return isBack < 20 ? away() : Promise.resolve({ done: true, evidence: 'back' } as const);
      },
    }),
  ]);
  const lost = await performed([aStep('one', { look: away })]);

  expect(patient.outcome).toBe('succeeded');
  expect(lost.last).toMatchObject({ type: 'failed', error: 'connection refused' });
});

test('journals a bug as a bug and throws it on', async () => {
  const journal = memoryJournal();
  const plan = aPlan([
    aStep('one', { run: () => Promise.reject(new TypeError('x is undefined')) }),
  ]);

  await expect(perform(plan, anEngine(plan, { journal }))).rejects.toThrow(TypeError);
  expect(journal.entries.at(-1)).toMatchObject({
    type: 'failed',
    error: 'This is a bug in talos-tui: x is undefined',
  });
});

test('stops between two steps and says which are done', async () => {
  const controller = new AbortController();
  const journal = memoryJournal(({ type }) => type === 'done' && controller.abort());
  const plan = aPlan([aStep('one'), aStep('two')]);

  const outcome = await perform(plan, anEngine(plan, { journal, cancel: controller.signal }));

  expect(outcome).toBe('cancelled');
  expect(journal.entries.at(-1)).toEqual({
    type: 'cancelled',
    state: 'Done: Do one. Not begun: Do two.',
    hint: 'Resume it to continue where it stopped.',
  });
});

test('stops within a step that disrupts nothing, and looks at what it left', async () => {
  const controller = new AbortController();
  const { outcome, last } = await performed(
    [
      aStep('one', {
        run: ({ signal }) => {
          controller.abort();
          return Promise.reject(signal.reason);
        },
        look: async ({ signal }) => ({
          done: false,
          lastSeen: signal === controller.signal ? 'nothing yet' : 'half a file',
        }),
      }),
    ],
    { cancel: controller.signal },
  );

  expect(outcome).toBe('cancelled');
  expect(last).toMatchObject({
    state: 'No step is done. "Do one" was stopped: half a file.',
  });
});

test('never cuts a disruptive command off, but stops waiting for its result', async () => {
  const controller = new AbortController();
  let ended = '';
  const { outcome, last } = await performed(
    [
      aStep('one', {
        isDisruptive: true,
        run: async ({ signal }) => {
          controller.abort();
          ended = signal.aborted ? 'cut off' : 'to its end';
        },
        look: async () => ({ done: false, lastSeen: 'rebooting' }),
      }),
    ],
    { cancel: controller.signal },
  );

  expect(ended).toBe('to its end');
  expect(outcome).toBe('cancelled');
  expect(last).toMatchObject({ state: 'No step is done. "Do one" was stopped: rebooting.' });
});

test('a last look that nobody answers ends by the clock of the run, and says so', async () => {
  const controller = new AbortController();
  let looks = 0;
  const step = aStep('one', {
    look: () => {
      looks += 1;
      return looks === 1
        ? Promise.resolve({ done: false, lastSeen: 'not yet' })
        : new Promise(() => undefined);
    },
    async run() {
      controller.abort();
    },
  });
  const { outcome, last } = await performed([step], { cancel: controller.signal });

  expect(outcome).toBe('cancelled');
  expect(last).toMatchObject({
    state: 'No step is done. "Do one" was stopped: what it left is unknown, nothing answers.',
  });
});

test('pauses before a disruptive step while a gate is closed, and names what it waits for', async () => {
  const step = aStep('one', { isDisruptive: true });
  const states: Gate['state'][] = ['red', 'unknown', 'green'];
  const plan = aPlan([step]);
  const { outcome, entries } = await performed(
    [],
    { replan: () => ({ ...plan, gates: [aGate(states.shift() ?? 'green')] }) },
    plan,
  );

  expect(outcome).toBe('succeeded');
  const text = '2 of 3 voters healthy';
  expect(entries.slice(1, 7)).toEqual([
    { type: 'gate', id: 'G-ETCD', state: 'red', text },
    {
      type: 'paused',
      reason: `G-ETCD: ${text}`,
      waitsFor: 'Start cp-2.',
      heldBy: 'world',
      gate: { id: 'G-ETCD', override: 'no' },
    },
    { type: 'gate', id: 'G-ETCD', state: 'unknown', text },
    { type: 'gate', id: 'G-ETCD', state: 'green', text },
    { type: 'note', text: 'Goes on.' },
    { type: 'intent', step: 'one', command: 'do one' },
  ]);
});

test('passes an overridden gate, unless it can never be overridden', async () => {
  const controller = new AbortController();
  const run = (override: Gate['override']) => {
    const plan = aPlan([aStep('one', { isDisruptive: true })]);
    return performed(
      [],
      {
        replan: () => ({ ...plan, gates: [aGate('red', override)] }),
        overrides: () => ['G-ETCD'],
        cancel: controller.signal,
        takeContinue: () => {
          if (override === 'no') controller.abort();
          return false;
        },
      },
      plan,
    );
  };

  expect((await run('type')).outcome).toBe('succeeded');
  expect((await run('no')).types).toEqual(['step', 'gate', 'paused', 'cancelled']);
});

test('pauses before a disruptive step when the plan has become another one', async () => {
  const plan = aPlan([aStep('one', { isDisruptive: true })]);
  const refused: Refusal = {
    kind: 'refusal',
    reason: 'cp-2 is gone.',
    hint: 'Start cp-2.',
    gate: null,
  };
  const answers = [aPlan([aStep('other')]), refused, plan];
  const { outcome, entries } = await performed([], { replan: () => answers.shift() ?? plan }, plan);

  expect(outcome).toBe('succeeded');
  expect(entries.filter(({ type }) => type === 'paused')).toMatchObject([
    { reason: expect.stringContaining('no longer be the one that was confirmed') },
    { reason: 'cp-2 is gone.', waitsFor: 'Start cp-2.' },
  ]);
});

test('finishes the step when the console dies, then waits for the word to disrupt again', async () => {
  let isWatched = true;
  let asked = 0;
  const first = aStep('one', { isDisruptive: true });
  const { outcome, types } = await performed(
    [
      {
        ...first,
        run: async (context) => {
          isWatched = false;
          await first.run(context);
        },
      },
      aStep('two', { isDisruptive: true }),
    ],
    {
      isWatched: () => isWatched,
      takeContinue: () => {
        asked += 1;
        // A console that is opened later must not set the disruption off by being there.
        if (asked === 4) isWatched = true;
        return asked === 8;
      },
    },
  );

  expect(outcome).toBe('succeeded');
  expect(asked).toBeGreaterThanOrEqual(8);
  expect(types).toEqual([
    ...['step', 'intent', 'done'],
    ...['step', 'paused', 'note', 'intent', 'done'],
    'succeeded',
  ]);
});

test('goes on unwatched when it was told to, and with steps that disrupt nothing', async () => {
  const steps = () => [aStep('one', { isDisruptive: true }), aStep('two', { isDisruptive: true })];
  const isWatched = () => false;

  expect((await performed(steps(), { isWatched, keepGoing: true })).outcome).toBe('succeeded');
  expect((await performed([aStep('one')], { isWatched })).outcome).toBe('succeeded');
});

test.each([
  ['forward', 86_400_000],
  ['back', -86_400_000],
])(
  'a clock that jumps %s by a day ends no wait early and makes none endless',
  async (_, jumpMs) => {
    const clock = eagerClock();
    let offsetMs = 0;
    const jumping = { ...clock, now: () => clock.now() + offsetMs };
    let asked = 0;
    const { outcome, last } = await performed(
      [
        aStep('one', {
          proveTimeoutMs: 600_000,
          prove: async () => {
            asked += 1;
            if (asked === 3) offsetMs = jumpMs;
            return asked < 600
              ? { done: false, lastSeen: 'rebooting' }
              : { done: true, evidence: 'so' };
          },
        }),
        aStep('two', { prove: async () => ({ done: false, lastSeen: 'never' }) }),
      ],
      { clock: jumping },
    );

    expect(asked).toBe(600);
    expect({ outcome, last }).toMatchObject({ outcome: 'failed', last: { step: 'two' } });
  },
);

test('pauses with what is missing when a step that only waits is late, and goes on by itself', async () => {
  const clock = eagerClock();
  const fromMs = clock.now();
  const minutes = () => (clock.now() - fromMs) / 60_000;
  const { outcome, entries } = await performed(
    [
      aStep('one', {
        isHeldWhenLate: true,
        proveTimeoutMs: 60_000,
        prove: async () =>
          minutes() < 5
            ? { done: false, lastSeen: minutes() < 3 ? 'cp-2 is away' : 'cp-2 is NotReady' }
            : { done: true, evidence: 'all green' },
      }),
    ],
    { clock },
  );

  expect(outcome).toBe('succeeded');
  const fromPause = entries.slice(entries.findIndex(({ type }) => type === 'paused'));
  expect(fromPause).toEqual([
    {
      type: 'paused',
      reason: 'one is so was not seen within 1 min.',
      waitsFor: 'cp-2 is away',
      heldBy: 'world',
    },
    expect.objectContaining({ type: 'paused', waitsFor: 'cp-2 is NotReady' }),
    { type: 'note', text: 'Goes on.' },
    { type: 'done', step: 'one', evidence: 'all green' },
    expect.objectContaining({ type: 'succeeded' }),
  ]);
});

test('a pause of a step that only waits can be cancelled', async () => {
  const cancel = new AbortController();
  const clock = eagerClock();
  const journal = memoryJournal(({ type }) => {
    if (type === 'paused') cancel.abort();
  });
  const { outcome } = await performed(
    [
      aStep('one', {
        isHeldWhenLate: true,
        proveTimeoutMs: 60_000,
        prove: async () => ({ done: false, lastSeen: 'cp-2 is away' }),
      }),
    ],
    { clock, journal, cancel: cancel.signal },
  );

  expect(outcome).toBe('cancelled');
  expect(journal.types().slice(-2)).toEqual(['paused', 'cancelled']);
});
