import { expect, test } from 'vitest';
import type { Gate, Step } from '../../src/actions/types.js';
import { ClientError } from '../../src/model/errors.js';
import type { Engine } from '../../src/runs/engine.js';
import { createOverrides } from '../../src/runs/overrides.js';
import { perform } from '../../src/runs/perform.js';
import type { GateConsent } from '../../src/runs/types.js';
import { eagerClock } from '../support/eager-clock.js';
import { memoryJournal } from '../support/memory-journal.js';
import { aGate } from '../support/plans.js';
import { anEngine, aPlan, aStep } from '../support/run-world.js';

const disruptive = (id: string, change: Partial<Step> = {}): Step =>
  aStep(id, { isDisruptive: true, ...change });

async function performed(steps: readonly Step[], change: Partial<Engine> = {}) {
  const plan = aPlan(steps);
  const journal = memoryJournal();
  const outcome = await perform(plan, anEngine(plan, { journal, ...change }));
  const pauses = journal.entries.flatMap((entry) => (entry.type === 'paused' ? [entry] : []));
  const done = journal.entries.flatMap((entry) => (entry.type === 'done' ? [entry.step] : []));
  return { outcome, entries: journal.entries, pauses, done, last: journal.entries.at(-1) };
}

/** Cancels when asked for the nth time whether the operator lets it go on. */
function untilAsked(times: number): Pick<Engine, 'cancel' | 'takeContinue'> {
  const controller = new AbortController();
  let asked = 0;
  return {
    cancel: controller.signal,
    takeContinue: () => {
      asked += 1;
      if (asked >= times) controller.abort();
      return false;
    },
  };
}

test('a disruptive step is judged by its own gates on a fresh inspection, not by those of the plan', async () => {
  let inspections = 0;
  const seen: number[] = [];
  const gates = (nowMs: number): readonly Gate[] => {
    seen.push(nowMs);
    return [aGate({ id: 'G-NODES', state: 'green' })];
  };
  const step = disruptive('one', { gates: ({ nowMs }) => gates(nowMs) });
  const plan = aPlan([step], { gates: [aGate({ state: 'red' })] });
  const journal = memoryJournal();
  const base = anEngine(plan, { journal });
  const outcome = await perform(plan, {
    ...base,
    inspect: async () => {
      inspections += 1;
      return { ...(await base.inspect()), nowMs: inspections };
    },
  });

  expect(outcome).toBe('succeeded');
  expect(seen).toEqual([1]);
  expect(journal.entries).toContainEqual({
    type: 'gate',
    id: 'G-NODES',
    state: 'green',
    text: '3 of 3 healthy',
  });
});

test('nothing is inspected for steps that disrupt nothing', async () => {
  const inspect = () => Promise.reject(new Error('It was inspected.'));
  expect((await performed([aStep('one')], { inspect })).outcome).toBe('succeeded');
});

test('a gate that turns red pauses the run, green again it goes on, and red again it pauses again', async () => {
  const unknown = Array.from({ length: 8 }, () => 'unknown' as const);
  const answers = ['green', 'red', 'red', 'green', ...unknown, 'green'] as const;
  let asked = 0;
  const gates = (): readonly Gate[] => {
    const state = answers[asked] ?? 'green';
    asked += 1;
    return [aGate({ state, text: `${state} now` })];
  };
  const { outcome, pauses, done } = await performed(
    ['one', 'two', 'three'].map((id) => disruptive(id, { gates })),
  );

  expect(outcome).toBe('succeeded');
  expect(done).toEqual(['one', 'two', 'three']);
  expect(pauses.map(({ reason }) => reason)).toEqual(['G-ETCD: red now', 'G-ETCD: unknown now']);
});

test('a gate that could not be told for a moment is asked again before the run is called paused', async () => {
  const states: Gate['state'][] = ['unknown', 'unknown', 'green'];
  const gates = (): readonly Gate[] => [aGate({ state: states.shift() ?? 'green' })];
  const { outcome, pauses, entries } = await performed([disruptive('one', { gates })]);

  expect(outcome).toBe('succeeded');
  expect(pauses).toEqual([]);
  expect(entries.some((entry) => entry.type === 'gate' && entry.state === 'unknown')).toBe(true);
});

test('a gate that stays untold is waited for as a missing answer, not as something to be repaired', async () => {
  const gates = (): readonly Gate[] => [aGate({ state: 'unknown', remedy: 'Start cp-2.' })];
  const { pauses, done } = await performed([disruptive('one', { gates })], untilAsked(20));

  expect(done).toEqual([]);
  expect(pauses.map(({ waitsFor }) => waitsFor)).toEqual([
    'the missing answer, which is asked for again by itself. If it stays away: Start cp-2.',
  ]);
});

test('a closed gate that turns untold keeps the run paused, and so does the other way round', async () => {
  const states: Gate['state'][] = ['red', 'unknown', 'red', 'green'];
  const gates = (): readonly Gate[] => [aGate({ state: states.shift() ?? 'green' })];
  const { outcome, pauses } = await performed([disruptive('one', { gates })]);

  expect(outcome).toBe('succeeded');
  expect(pauses).toHaveLength(1);
});

test('a gate that is overridden while it holds the run lets it go on, with the name of the operator', async () => {
  const journal = memoryJournal();
  let left: GateConsent[] = [];
  const overrides = createOverrides({
    request: { overrides: ['G-PDB'], operator: 'ops' },
    earlier: [{ atMs: 1, type: 'override', gates: ['G-STORE'], operator: 'kim' }],
    journal,
    take: (accept) => left.splice(0).forEach(accept),
  });
  const gates = () => [aGate({ id: 'G-NODES', state: 'red', override: 'type' })];
  const plan = aPlan([disruptive('one', { gates })]);
  const outcome = await perform(
    plan,
    anEngine(plan, {
      journal: memoryJournal((entry) => {
        journal.append(entry);
        if (entry.type === 'paused') left = [{ gates: ['G-NODES', 'G-PDB'], operator: 'eve' }];
      }),
      overrides,
    }),
  );

  expect(outcome).toBe('succeeded');
  expect(overrides()).toEqual(['G-STORE', 'G-PDB', 'G-NODES']);
  const told = journal.entries.filter(({ type }) =>
    ['override', 'paused', 'note', 'done'].includes(type),
  );
  expect(told).toMatchObject([
    { type: 'override', gates: ['G-PDB'], operator: 'ops' },
    { type: 'paused', gate: { id: 'G-NODES', override: 'type' } },
    { type: 'override', gates: ['G-NODES'], operator: 'eve' },
    { type: 'note' },
    { type: 'done' },
  ]);
});

test('leave that came when the pause was over is none for the next disruption', async () => {
  let isLeft = false;
  const journal = memoryJournal((entry) => {
    if (entry.type === 'note') isLeft = true;
  });
  const controller = new AbortController();
  let asked = 0;
  let opened = 0;
  const gates = () => {
    opened += 1;
    return [aGate({ state: opened === 1 ? 'red' : 'green' })];
  };
  const plan = aPlan([disruptive('one', { gates }), disruptive('two')]);
  let isWatched = true;
  const outcome = await perform(
    plan,
    anEngine(plan, {
      journal: {
        ...journal,
        append(entry) {
          journal.append(entry);
          if (entry.type === 'done') isWatched = false;
        },
      },
      isWatched: () => isWatched,
      cancel: controller.signal,
      takeContinue: () => {
        asked += 1;
        if (asked > 20) controller.abort();
        const given = isLeft;
        isLeft = false;
        return given;
      },
    }),
  );

  expect(outcome).toBe('cancelled');
  expect(journal.entries).toContainEqual(
    expect.objectContaining({ type: 'paused', reason: expect.stringContaining('Nobody watches') }),
  );
});

test('a run waits two seconds between two inspections, then five, and hours if it must', async () => {
  const clock = eagerClock();
  let asked = 0;
  const gates = (): readonly Gate[] => {
    asked += 1;
    return [aGate({ state: asked > 1_800 ? 'green' : 'red', text: `since ${asked}` })];
  };
  const { outcome, pauses } = await performed([disruptive('one', { gates })], { clock });

  expect(outcome).toBe('succeeded');
  // Fifteen looks in the first half minute, the others every five seconds.
  expect(clock.sleptMs()).toBe(15 * 2_000 + (1_800 - 15) * 5_000);
  // A text that changes all the time fills no journal.
  expect(pauses.length).toBeLessThan(310);
});

test('a cluster that cannot be inspected holds the run until it can', async () => {
  let asked = 0;
  const plan = aPlan([disruptive('one')]);
  const base = anEngine(plan);
  const journal = memoryJournal();
  const outcome = await perform(plan, {
    ...base,
    journal,
    inspect: () => {
      asked += 1;
      return asked < 9
        ? Promise.reject(new ClientError('unreachable', 'nobody answers', 'Wait.'))
        : base.inspect();
    },
  });

  expect(outcome).toBe('succeeded');
  expect(journal.entries).toContainEqual({
    type: 'paused',
    reason: 'nobody answers',
    waitsFor: 'Wait.',
    heldBy: 'world',
  });
});

const nodes = () => [
  aStep('snapshot'),
  aStep('cordon-1', { group: 'cp-1' }),
  disruptive('reboot-1', { group: 'cp-1' }),
  aStep('uncordon-1', { group: 'cp-1' }),
  aStep('cordon-2', { group: 'cp-2' }),
  disruptive('reboot-2', { group: 'cp-2' }),
];

test('a run that is asked to pause finishes its node and leaves the next one untouched', async () => {
  let isPauseWished = false;
  const journal = memoryJournal((entry) => {
    if (entry.type === 'done' && entry.step === 'cordon-1') isPauseWished = true;
  });
  const plan = aPlan(nodes());
  const controller = new AbortController();
  let asked = 0;
  await perform(
    plan,
    anEngine(plan, {
      journal,
      isPauseWished: () => isPauseWished,
      cancel: controller.signal,
      takeContinue: () => {
        asked += 1;
        if (asked > 20) controller.abort();
        return false;
      },
    }),
  );

  const done = journal.entries.flatMap((entry) => (entry.type === 'done' ? [entry.step] : []));
  expect(done).toEqual(['snapshot', 'cordon-1', 'reboot-1', 'uncordon-1']);
  expect(journal.entries).toContainEqual({
    type: 'paused',
    reason: 'It was asked to pause before it begins with cp-2.',
    waitsFor: 'the operator to let the run go on',
    heldBy: 'operator',
  });
  expect(journal.entries.at(-1)).toMatchObject({ type: 'cancelled' });
});

test('the wish to pause holds until the operator lets the run go on', async () => {
  let asked = 0;
  let isPauseWished = true;
  const { outcome, pauses } = await performed(nodes(), {
    isPauseWished: () => isPauseWished,
    takeContinue: () => {
      asked += 1;
      if (asked !== 5) return false;
      isPauseWished = false;
      return true;
    },
  });

  expect(outcome).toBe('succeeded');
  expect(pauses).toHaveLength(1);
});

test('leave that is given twice lets one disruption pass, not two', async () => {
  const answers = [false, false, true, true];
  let asked = 0;
  const controller = new AbortController();
  const { done, pauses } = await performed([disruptive('one'), disruptive('two')], {
    isWatched: () => false,
    cancel: controller.signal,
    takeContinue: () => {
      asked += 1;
      if (asked > 12) controller.abort();
      return answers.shift() ?? false;
    },
  });

  expect(done).toEqual(['one']);
  expect(pauses).toHaveLength(2);
});

test('a run that has taken longer than it was given pauses before it disrupts again, never in between', async () => {
  const clock = eagerClock();
  const slow = (id: string, isDisruptive: boolean) =>
    aStep(id, {
      isDisruptive,
      look: async () => ({ done: false, lastSeen: '' }),
      run: ({ signal }) => clock.sleep(3_600_000, signal),
      prove: async () => ({ done: true, evidence: 'so' }),
    });
  const steps = [slow('one', true), slow('two', true), slow('three', false), slow('four', true)];
  const stopped = await performed(steps, { clock, maxDurationMs: 5_400_000, ...untilAsked(6) });

  expect(stopped.done).toEqual(['one', 'two', 'three']);
  expect(stopped.pauses).toMatchObject([
    {
      reason:
        'It has taken longer than the 1 h 30 min that it was given, and the next step is disruptive.',
    },
  ]);
  expect(stopped.outcome).toBe('cancelled');
});

test('an operator who lets it go on gives it the same time once more', async () => {
  const clock = eagerClock();
  const slow = (id: string) =>
    disruptive(id, {
      look: async () => ({ done: false, lastSeen: '' }),
      run: () => clock.sleep(3_600_000),
      prove: async () => ({ done: true, evidence: 'so' }),
    });
  let isPaused = false;
  const journal = memoryJournal(({ type }) => {
    isPaused = type === 'paused';
  });
  const plan = aPlan(['one', 'two', 'three', 'four'].map(slow));
  const outcome = await perform(
    plan,
    anEngine(plan, { clock, journal, maxDurationMs: 5_400_000, takeContinue: () => isPaused }),
  );

  expect(outcome).toBe('succeeded');
  expect(journal.types().filter((type) => type === 'paused')).toHaveLength(1);
});

test('a run that lost the cluster to another finishes its step, then pauses until it has it back', async () => {
  const answers = [null, 'eve@pve2:x holds the Lease kube-system/talos-tui.'];
  const { outcome, entries, pauses, done } = await performed([aStep('one'), aStep('two')], {
    lostLock: async () => answers.shift() ?? null,
  });

  expect({ outcome, done }).toEqual({ outcome: 'succeeded', done: ['one', 'two'] });
  expect(pauses).toEqual([
    {
      type: 'paused',
      reason: 'G-LOCK: eve@pve2:x holds the Lease kube-system/talos-tui.',
      waitsFor: 'the lock to come back; or cancel the run',
      heldBy: 'world',
      gate: { id: 'G-LOCK', override: 'type' },
    },
  ]);
  expect(entries.filter(({ type }) => type === 'note')).toEqual([
    { type: 'note', text: 'Goes on.' },
  ]);
});

test('a run that is cancelled while a gate holds it says what the node was left in', async () => {
  const steps = [
    aStep('cordon', { group: 'cp-1', target: 'cp-1', stateWhenStopped: 'cordoned' }),
    disruptive('reboot', {
      ...{ group: 'cp-1', target: 'cp-1', stateWhenStopped: 'rebooting' },
      gates: () => [aGate({ state: 'red' })],
    }),
    aStep('uncordon', { group: 'cp-1', target: 'cp-1' }),
  ];
  const { outcome, last } = await performed(steps, untilAsked(4));

  expect(outcome).toBe('cancelled');
  expect(last).toEqual({
    type: 'cancelled',
    state:
      'Done: Do cordon. "Do reboot" was stopped: reboot is not so. Not begun: Do uncordon. cp-1: cordoned. It takes no new pods: resume the run to finish it, or `kubectl uncordon cp-1`.',
    hint: 'Resume it to continue where it stopped.',
  });
});

test('a run that is cancelled while it waits for a proof says that the node reboots', async () => {
  const controller = new AbortController();
  const step = disruptive('reboot', {
    ...{ group: 'cp-1', target: 'cp-1', stateWhenStopped: 'rebooting' },
    look: async () => ({ done: false, lastSeen: 'no answer' }),
    run: async () => controller.abort(),
    prove: async () => ({ done: false, lastSeen: 'no answer' }),
  });
  const { last } = await performed([step, aStep('settle', { group: 'cp-1' })], {
    cancel: controller.signal,
  });

  expect(last).toMatchObject({
    type: 'cancelled',
    state: expect.stringContaining('cp-1: rebooting. It comes back by itself'),
  });
});

test('a step that fails says what its node was left in, too', async () => {
  const steps = [
    aStep('cordon', { group: 'cp-1', target: 'cp-1', stateWhenStopped: 'cordoned' }),
    disruptive('drain', {
      ...{ group: 'cp-1', target: 'cp-1', stateWhenStopped: 'cordoned, partly drained' },
      run: () => Promise.reject(new ClientError('command-failed', 'shop/db blocks', 'Look.')),
    }),
  ];
  const { last } = await performed(steps);

  expect(last).toMatchObject({
    type: 'failed',
    error: 'shop/db blocks',
    state: expect.stringContaining('cp-1: cordoned, partly drained. It takes no new pods'),
  });
});

test('a command that fails while it is being stopped is not told as if it had only been stopped', async () => {
  const controller = new AbortController();
  const step = disruptive('drain', {
    look: async () => ({ done: false, lastSeen: '3 pods left' }),
    run: async () => {
      controller.abort();
      throw new ClientError('command-failed', 'shop/db blocks', 'Look.');
    },
  });
  const { last } = await performed([step], { cancel: controller.signal });

  expect(last).toMatchObject({
    type: 'cancelled',
    state: 'No step is done. "Do drain" was stopped (shop/db blocks): 3 pods left.',
  });
});
