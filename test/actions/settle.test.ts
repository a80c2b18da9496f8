import { expect, test } from 'vitest';
import { createQuiet } from '../../src/actions/steps/quiet.js';
import { settleStep } from '../../src/actions/steps/settle.js';
import type { Gate } from '../../src/actions/types.js';
import { DEFAULT_WAITS } from '../../src/model/connection.js';
import type { InspectedPod } from '../../src/model/inspection.js';
import { perform } from '../../src/runs/perform.js';
import { failed, NOW_MS } from '../support/builders.js';
import { eagerClock } from '../support/eager-clock.js';
import { memoryJournal } from '../support/memory-journal.js';
import { aPlanContext, aPod, aTarget, withInspection, withKube } from '../support/plan-contexts.js';
import { aGate } from '../support/plans.js';
import { anEngine, aPlan } from '../support/run-world.js';

const TARGET = aTarget(1);

interface Watched {
  /** By seconds since the step began; null: the pods cannot be listed. */
  readonly podsAt: (second: number) => readonly InspectedPod[] | null;
  readonly gatesAt?: (second: number) => readonly Gate[];
  readonly crashing?: readonly string[];
  readonly overrides?: readonly string[];
  readonly quiet?: ReturnType<typeof createQuiet>;
  readonly quietMs?: number;
}

/** One settle step in a process of its own. */
async function settled({
  podsAt,
  gatesAt = () => [],
  crashing = [],
  overrides = [],
  quiet = createQuiet(crashing),
  quietMs = DEFAULT_WAITS.quietMs,
}: Watched) {
  const clock = eagerClock();
  const second = () => (clock.now() - NOW_MS) / 1_000;
  const step = settleStep(TARGET, { gates: () => gatesAt(second()), quiet, quietMs });
  const plan = aPlan([step]);
  const journal = memoryJournal();
  const outcome = await perform(plan, {
    ...anEngine(plan, { journal, clock, overrides: () => overrides }),
    inspect: async () => {
      const pods = podsAt(second());
      return pods === null
        ? withInspection(aPlanContext(), { kube: failed() })
        : withKube(aPlanContext(), { pods });
    },
  });
  const seen = journal.entries.flatMap((line) => (line.type === 'observed' ? [line.lastSeen] : []));
  return { outcome, seconds: second(), seen, text: JSON.stringify(journal.entries) };
}

const crash = (change: Partial<InspectedPod> = {}): InspectedPod =>
  aPod({ name: 'api-5d9c-x7k2p', waitingReason: 'CrashLoopBackOff', ...change });

test('a node has settled after a minute without a crash, and says what it waits for', async () => {
  const { outcome, seconds, seen } = await settled({ podsAt: () => [aPod()] });

  expect(outcome).toBe('succeeded');
  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(seconds).toBeLessThan(70);
  expect(seen).toContain('watches whether something crashes on cp-1: 30 s of 60 s');
});

test('who trusts a node sooner, or later, says so in the settings', async () => {
  const { seconds, seen } = await settled({ podsAt: () => [aPod()], quietMs: 300_000 });
  expect(seconds).toBeGreaterThanOrEqual(300);
  expect(seen).toContain('watches whether something crashes on cp-1: 290 s of 300 s');

  const trusting = await settled({ podsAt: () => [aPod()], quietMs: 0 });
  expect(trusting.outcome).toBe('succeeded');
  expect(trusting.seconds).toBeLessThan(5);
});

test('a crash loop that begins and ends in between starts the minute anew', async () => {
  const { outcome, seconds, seen } = await settled({
    podsAt: (second) => [second > 30 && second < 40 ? crash() : crash({ waitingReason: '' })],
  });

  expect(outcome).toBe('succeeded');
  expect(seconds).toBeGreaterThanOrEqual(95);
  expect(seen).toContain(
    'watches whether something crashes on cp-1: 0 s of 60 s since web/api-5d9c-x7k2p crashed',
  );
});

test('a container that was restarted between two looks counts as a crash', async () => {
  const { seconds, seen } = await settled({
    podsAt: (second) => [aPod({ restarts: second > 50 ? 3 : 2 })],
  });

  expect(seconds).toBeGreaterThanOrEqual(110);
  expect(seen.join()).toMatch(/0 s of 60 s since \S+ was restarted/);
});

test('what crashed before the run is not waited for, nor what crashes on another node', async () => {
  const before = await settled({ podsAt: () => [crash()], crashing: ['web/api-5d9c'] });
  const elsewhere = await settled({ podsAt: () => [crash({ node: aTarget(2).name })] });

  expect(before.seconds).toBeLessThan(70);
  expect(elsewhere.seconds).toBeLessThan(70);
});

test('time in which the pods could not be listed is not watched, and is no failure', async () => {
  const { outcome, seconds } = await settled({
    podsAt: (second) => (second > 20 && second < 60 ? null : [aPod()]),
  });

  expect(outcome).toBe('succeeded');
  expect(seconds).toBeGreaterThanOrEqual(95);
});

test('a host that slept has watched nothing meanwhile', async () => {
  const quiet = createQuiet([]);
  const context = withKube(aPlanContext(), { pods: [aPod()] });
  quiet.observe(context, 0);
  quiet.observe(context, 3_600_000);
  expect(quiet.of(TARGET).watchedMs).toBeLessThan(60_000);
});

test('a clock that is set back takes nothing away and adds nothing', () => {
  const quiet = createQuiet([]);
  const context = withKube(aPlanContext(), { pods: [aPod()] });
  for (const atMs of [10_000, 15_000, 0, 5_000]) quiet.observe(context, atMs);
  expect(quiet.of(TARGET).watchedMs).toBe(10_000);
});

test('one minute is enough for all nodes that a resumed run finds finished', async () => {
  const quiet = createQuiet([]);
  const first = await settled({ podsAt: () => [aPod()], quiet });
  const next = await settled({ podsAt: () => [aPod()], quiet });
  quiet.disturb(TARGET);
  const disturbed = await settled({ podsAt: () => [aPod()], quiet });

  expect([first, next, disturbed].map(({ seconds }) => seconds >= 60)).toEqual([true, false, true]);
  expect(next.text).toContain('already-done');
});

test('what a boot started anew has not crashed, and the boot itself was not watched', () => {
  const quiet = createQuiet([]);
  const at = (restarts: number) => withKube(aPlanContext(), { pods: [aPod({ restarts })] });
  quiet.observe(at(0), 0);
  quiet.disturb(TARGET);
  quiet.observe(at(1), 10_000);
  quiet.observe(at(1), 12_000);
  expect(quiet.of(TARGET)).toEqual({ watchedMs: 2_000, lastNoise: null });
});

test('a gate that is closed or cannot be told for a moment is waited for', async () => {
  const gate = (state: Gate['state'], text: string): Gate => ({
    id: 'G-MACH',
    title: 'Talos runs and is ready',
    state,
    text,
    remedy: 'Look.',
    override: 'type',
  });
  const { outcome, seen } = await settled({
    podsAt: () => [aPod()],
    gatesAt: (second) =>
      second < 90
        ? [gate(second < 30 ? 'red' : 'unknown', second < 30 ? 'it boots' : 'out of date')]
        : [gate('green', 'fine')],
  });

  expect(outcome).toBe('succeeded');
  expect(seen).toEqual(
    expect.arrayContaining(['waits for G-MACH: it boots', 'waits for G-MACH: out of date']),
  );
});

test('whoever overrides G-WORK does not wait for the minute either', async () => {
  const { seconds } = await settled({ podsAt: () => [crash()], overrides: ['G-WORK'] });
  expect(seconds).toBeLessThan(10);
});

test('what is overridden is never called green, and who did not watch says so', async () => {
  const red = aGate({ id: 'G-NODES', state: 'red', text: 'cp-3 is cordoned', override: 'type' });
  const gatesAt = () => [aGate({ id: 'G-MACH', state: 'green' }), red];
  const { text } = await settled({
    podsAt: () => [aPod()],
    gatesAt,
    overrides: ['G-NODES', 'G-WORK'],
  });
  expect(text).toContain(
    'G-MACH green, G-NODES overridden: cp-3 is cordoned, cp-1 was not watched for crashes',
  );
});
