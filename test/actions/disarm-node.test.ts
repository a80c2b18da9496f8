import { expect, test } from 'vitest';
import { disarmStep } from '../../src/actions/disarm-node/step.js';
import { disarmNode } from '../../src/actions/disarm-node.js';
import { fingerprint } from '../../src/actions/fingerprint.js';
import type { Answers, Plan } from '../../src/actions/types.js';
import { WAITING } from '../../src/model/reading.js';
import { addressOf, fresh, SCHEMATIC } from '../support/builders.js';
import { OneNode } from '../support/one-node.js';
import { aTarget, withInspection, withSnapshot } from '../support/plan-contexts.js';
import { aRun, aRunStep } from '../support/run-summaries.js';
import { aConnection } from '../support/run-world.js';
import { imageOf, type Scene, contextOf as sceneOf } from '../support/upgrade-scenes.js';

const IMAGE = imageOf(SCHEMATIC, 'v1.13.9');
const ARMED = aRun({
  id: 'r1',
  action: 'upgrade-talos',
  state: 'cancelled',
  steps: [
    aRunStep({ id: 'arm-w-4', state: 'done' }),
    aRunStep({ id: 'reboot-w-4', state: 'pending' }),
  ],
});

const contextOf = (answers: Answers, change: Partial<Scene> = {}) =>
  withInspection(
    sceneOf(answers, { tag: 'v1.13.9', talosctl: 'v1.13.9', runs: [ARMED], ...change }),
    { images: new Map([[IMAGE, fresh(true)]]) },
  );
const outcome = (answers: Answers, change: Partial<Scene> = {}) =>
  disarmNode.plan(contextOf(answers, change));

function planOf(answers: Answers, change: Partial<Scene> = {}): Plan {
  const planned = outcome(answers, change);
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  return planned;
}

function told(answers: Answers, change: Partial<Scene> = {}): string {
  const refused = outcome(answers, change);
  return refused.kind === 'refusal' ? `${refused.gate}: ${refused.reason}` : refused.kind;
}

test('pulls and installs the image that runs, without a reboot, a drain or a cordon', () => {
  const plan = planOf({ node: 'w-4' });
  expect(plan).toMatchObject({
    summary: 'Disarm w-4: what runs now starts next',
    level: 2,
    downtime: 'none: nothing is restarted',
    lines: [
      'w-4: v1.13.9 runs, and is what starts next; run r1 has armed it',
      `   image ${IMAGE}`,
      '   what was to start stays as the other boot entry: rollback-node would start it',
    ],
  });
  expect(plan.steps.map(({ id }) => id)).toEqual(['pull-w-4', 'disarm-w-4']);
  expect(plan.steps[1]?.command).toMatchObject({
    argv: expect.arrayContaining(['upgrade', '--image', IMAGE, '--no-reboot']),
  });
  expect(plan.gates.filter(({ state }) => state !== 'green')).toEqual([]);
  expect(plan.gates.map(({ id }) => id)).toEqual([
    ...['G-CFG', 'G-ROLE', 'G-BIN', 'G-OWN', 'G-MACH', 'G-IMAGE', 'G-EPHEMERAL', 'G-AUTO'],
  ]);
});

test('is the same later, also when the node is away', () => {
  const plan = planOf({ node: 'w-4' });
  const later = withInspection(contextOf(plan.answers, { tag: 'v1.14.1' }), { nodes: new Map() });
  const again = disarmNode.plan({ ...later, nowMs: later.nowMs + 3_600_000 });
  expect(again.kind === 'plan' ? fingerprint(again) : again).toBe(fingerprint(plan));
});

test('asks for nodes and suggests those that a run of this host has armed', () => {
  const form = outcome({});
  if (form.kind !== 'form') throw new Error(form.kind);
  expect(form.questions[0]).toMatchObject({ name: 'node', suggestion: 'w-4' });
  expect(form.questions[0]?.choices.map(({ label }) => label)).toContain('w-4 (worker), armed');
  const none = outcome({}, { runs: [] });
  expect(none.kind === 'form' ? none.questions[0]?.suggestion : none).toBe('');
});

test('takes a node that no run of this host has armed, and says so', () => {
  expect(planOf({ node: 'cp-1,w-4' }).lines).toContain(
    'cp-1: v1.13.9 runs, and is what starts next; no run of this host has armed it',
  );
});

test('refuses what cannot be installed without a reboot, or nobody knows', () => {
  expect(told({ node: 'w-4' }, { tag: 'v1.12.11' })).toMatch(
    /^G-PATH: w-4 runs v1\.12\.11: before Talos 1\.13 a node installs and reboots in one go/,
  );
  expect(told({ node: 'w-4' }, { talosctl: 'v1.12.11' })).toBe(
    'G-BIN: talosctl v1.12.11 cannot install without a reboot.',
  );
  expect(told({ node: 'w-4' }, { images: { 4: { schematic: null } } })).toMatch(
    /^G-IMAGE: w-4 does not tell the schematic that it runs/,
  );
  expect(told({ node: 'w-4' }, { tag: 'v1.13.9-dirty' })).toMatch(/^G-PATH: .* no release/);
  expect(
    told({ node: 'w-4' }, { inspected: { 4: { isUki: false, hasExtraKernelArgs: true } } }),
  ).toMatch(/^G-IMAGE: w-4 has extra kernel arguments/);
  expect(told({ node: 'w-9' })).toMatch(/w-9: no machine of the cluster/);
  expect(told({ node: 'w-4' }, { inspected: { 4: { bootId: null } } })).toMatch(/^G-ROLE: /);
});

test('stays closed while something is not read, and pins nothing', () => {
  const planned = disarmNode.plan(withInspection(contextOf({ node: 'w-4' }), { nodes: new Map() }));
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  expect(planned.answers.pinned).toBeUndefined();
  expect(planned.gates.some(({ id, state }) => id === 'G-READ' && state === 'unknown')).toBe(true);
  const waiting = withSnapshot(contextOf({}), { runs: WAITING });
  expect(disarmNode.missing(waiting.snapshot, {})).toContain('the runs of this host');
});

test('wants the node and both flavours of its image inspected', () => {
  const { snapshot } = contextOf({});
  expect(disarmNode.wants?.(snapshot, { node: 'w-4' })).toMatchObject({
    images: [IMAGE, imageOf(SCHEMATIC, 'v1.13.9', 'nocloud-installer-secureboot')],
    nodes: expect.arrayContaining([addressOf(4)]),
  });
  const { answers } = planOf({ node: 'w-4' });
  expect(disarmNode.wants?.(snapshot, answers)).toMatchObject({ images: [IMAGE] });
});

const TARGET = {
  ...aTarget(4, false),
  bootId: 'before',
  version: 'v1.13.9',
  image: IMAGE,
};
const step = () =>
  disarmStep({ connection: aConnection(), endpoints: ['10.0.0.11'] }, TARGET, () => []);

test('is done when the installer has ended well, for a later process too', async () => {
  const node = new OneNode();
  expect(await step().look(node.context())).toMatchObject({ done: false });
  await step().run(node.context());
  expect(node.commands).toEqual([`upgrade --image ${IMAGE} --no-reboot --progress plain`]);
  expect(await step().look(node.context())).toEqual({
    done: true,
    evidence: `the next start of w-4 is ${IMAGE}, as it runs`,
  });
});

test('sees that the node has been started since, and what runs now', async () => {
  const node = new OneNode();
  node.bootId = 'after';
  expect(await step().look(node.context())).toEqual({
    done: true,
    evidence: 'it has been started since, and runs v1.13.9',
  });
  node.tag = 'v1.14.1';
  await expect(step().look(node.context())).rejects.toThrow(
    'w-4 has been started since and runs v1.14.1: there is nothing left to disarm.',
  );
});
