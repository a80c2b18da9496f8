import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Action, Plan } from '../../src/actions/types.js';
import { applyChange } from '../../src/lab/control/changes.js';
import { type TrialPlan, trialOf } from './choices.js';
import { crashMatrix } from './crash.js';
import { createDice } from './dice.js';
import { createFaults } from './faults.js';
import { watchdog } from './invariants.js';
import { type Common, createCommon, simWorld } from './sim.js';
import { Killed } from './sim-clock.js';
import { actionOf, randomTrial, trial } from './trial.js';

let directory: string;
let common: Common;

// A background poll of a killed process: nobody waits for it any more.
const ignoreKilled = (reason: unknown): void => {
  if (!(reason instanceof Killed)) throw reason;
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'talos-tui-soak-'));
  common = await createCommon(directory);
  process.on('unhandledRejection', ignoreKilled);
});

afterAll(() => {
  process.off('unhandledRejection', ignoreKilled);
  rmSync(directory, { recursive: true, force: true });
});

const SHORT = { runs: 8, firstSeed: 3 };

test('eight runs among faults keep every rule of safety, and each ends in a state that has a name', async () => {
  const violations: string[] = [];
  const endings = new Set<string>();
  for (let seed = SHORT.firstSeed; seed < SHORT.firstSeed + SHORT.runs; seed += 1) {
    const result = await randomTrial(common, seed);
    endings.add(result.outcome);
    violations.push(...result.violations.map((text) => `seed ${seed}: ${text}`));
  }
  expect(violations).toEqual([]);
  expect(endings).toContain('succeeded');
  expect(endings).toContain('refused');
}, 600_000);

test('the same seed tells the same story, line by line and fault by fault', async () => {
  const [first, second] = [await randomTrial(common, 8), await randomTrial(common, 8)];
  expect(first.faults.length).toBeGreaterThan(0);
  expect(second.journal).toEqual(first.journal);
  expect(second.faults).toEqual(first.faults);
}, 120_000);

test('a worker that is rebooted survives kill -9 wherever it is struck, and reboots once', async () => {
  const plan = trialOf({ action: 'reboot-node', size: '1+1', answers: { node: 'talos-w-01' } });
  const report = await crashMatrix(common, 5, plan, { most: 12 });
  expect(report.undisturbed.outcome).toBe('succeeded');
  expect(report.events).toBeGreaterThan(50);
  expect(report.violations).toEqual([]);
}, 600_000);

const NO_FAULTS = { budget: 0, rate: 0 };

const undisturbed = (plan: TrialPlan, action: Action) =>
  trial(
    common,
    3,
    plan,
    (world, clock) => createFaults(world, createDice(1), NO_FAULTS, clock),
    action,
  );

/** The same action with every gate taken out. */
const withoutGates = (action: Action): Action => ({
  ...action,
  plan(context) {
    const planned = action.plan(context);
    if (planned.kind !== 'plan') return planned;
    const steps = planned.steps.map((step) => ({ ...step, gates: () => [] }));
    return { ...planned, gates: [], steps } satisfies Plan;
  },
});

test('with its gates taken out a run takes the quorum away, and the rules tell', async () => {
  const plan = trialOf({
    action: 'reboot-node',
    size: '3+0',
    answers: { node: 'talos-cp-02' },
    changes: ['stop-node talos-cp-01 crash'],
  });
  const guarded = await undisturbed(plan, actionOf('reboot-node'));
  expect(guarded).toMatchObject({ outcome: 'refused', violations: [] });
  const unguarded = await undisturbed(plan, withoutGates(actionOf('reboot-node')));
  expect(unguarded.violations).toContain(
    'reboot talos-cp-02 leaves 1 of 3 voters: etcd loses its quorum',
  );
}, 120_000);

test('a run that uncordons what somebody else has cordoned is told, too', async () => {
  const plan = trialOf({
    action: 'reboot-node',
    size: '3+2',
    answers: { node: 'talos-w-01' },
    changes: ['cordon talos-w-01'],
  });
  const action = withoutGates(actionOf('reboot-node'));
  const careful = await undisturbed(plan, action);
  expect(careful.violations).toEqual([]);
  const careless: Action = {
    ...action,
    plan(context) {
      const planned = action.plan(context);
      if (planned.kind !== 'plan') return planned;
      const steps = planned.steps.map((step) =>
        step.id.startsWith('uncordon')
          ? { ...step, look: async () => ({ done: false, lastSeen: '' }) as const }
          : step,
      );
      return { ...planned, steps };
    },
  };
  const broken = await undisturbed(plan, careless);
  expect(broken.violations.join()).toContain('uncordon talos-w-01, which carries no mark');
}, 120_000);

test('what breaks before the last look is our fault, what breaks after its begin nobody could know (seed 32898)', () => {
  const ordered = (breaks: 'before' | 'after' | 'nothing', looks = true): readonly string[] => {
    const world = simWorld(common, { size: '3+2', talosVersion: 'v1.13.9', seed: 32_898 });
    const dog = watchdog(world, {
      action: 'reboot-node',
      mark: () => null,
      lastIntent: () => 'reboot',
      mayLoseExtensions: false,
    });
    const hang = () =>
      applyChange({ world, renewCredential: () => undefined }, 'hang-node', ['talos-cp-02']);
    if (breaks === 'before') hang();
    if (looks) dog.onLook();
    if (breaks === 'after') hang();
    dog.onOrder({ kind: 'reboot', node: 'talos-cp-01' });
    return dog.violations;
  };
  expect(ordered('nothing')).toEqual([]);
  expect(ordered('after')).toEqual([]);
  expect(ordered('before')).toEqual([
    'reboot talos-cp-01 leaves 1 of 3 voters: etcd loses its quorum',
  ]);
  expect(ordered('nothing', false)).toEqual([
    'reboot talos-cp-01 without a look at the cluster right before it',
  ]);
});
