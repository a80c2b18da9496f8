import { expect, test } from 'vitest';
import { fingerprint } from '../../src/actions/fingerprint.js';
import type { Plan } from '../../src/actions/types.js';
import { upgradeTalos } from '../../src/actions/upgrade-talos.js';
import { WAITING } from '../../src/model/reading.js';
import { SCHEMATIC } from '../support/builders.js';
import { withInspection } from '../support/plan-contexts.js';
import {
  contextOf,
  imageOf,
  OTHER_SCHEMATIC,
  outcome,
  planOf,
  refusalOf,
} from '../support/upgrade-scenes.js';

const NEXT = { version: 'v1.13.9' } as const;
const kindsOf = ({ steps }: Plan, name: string): readonly string[] =>
  steps.filter(({ group }) => group === name).map(({ id }) => id.replace(`-${name}`, ''));
const commandOf = ({ steps }: Plan, id: string): string => {
  const command = steps.find((step) => step.id === id)?.command;
  return command?.kind === 'argv' ? command.argv.join(' ') : '';
};

test('takes a snapshot, then followers, the leader, and workers, each with its reason', () => {
  const plan = planOf(NEXT);
  expect(plan.summary).toBe(
    'Upgrade Talos to v1.13.9: cp-2, then cp-3, then cp-1, then w-4, then w-5',
  );
  expect(plan.steps[0]?.id).toBe('snapshot');
  expect(plan).toMatchObject({ level: 3, confirmName: 'home' });
  expect(plan.lines).toContain('3. cp-1 (10.0.0.11): leader of etcd: last of the control planes');
  expect(plan.lines).toContain(
    'cp-2: v1.12.11 → v1.13.9, schematic 88d1f7a5c4f1… kept (factory-ok: runs the image of its configuration)',
  );
  expect(plan.lines).toContain(`   image ${imageOf(SCHEMATIC, 'v1.13.9')}`);
  expect(plan.gates.filter(({ state }) => state !== 'green')).toEqual([]);
});

test('lets nodes before 1.13 upgrade themselves', () => {
  const plan = planOf(NEXT, { talosctl: 'v1.13.9' });
  expect(kindsOf(plan, 'cp-2')).toEqual([
    ...['snapshot', 'forfeit', 'mark', 'cordon', 'drain'],
    ...['upgrade', 'version', 'uncordon', 'unmark', 'settle'],
  ]);
  expect(commandOf(plan, 'upgrade-cp-2')).toMatch(
    new RegExp(
      `--nodes 10.0.0.12 upgrade --image ${imageOf(SCHEMATIC, 'v1.13.9')} --wait --timeout 30m$`,
    ),
  );
});

test('splits the upgrade of later nodes into parts: armed before the drain, proven after the reboot', () => {
  const plan = planOf({ version: '1.14.1' }, { tag: 'v1.13.9', talosctl: 'v1.13.9' });
  expect(kindsOf(plan, 'w-4')).toEqual([
    ...['pull', 'arm', 'mark', 'cordon', 'drain', 'reboot', 'version'],
    ...['uncordon', 'unmark', 'settle'],
  ]);
  expect(commandOf(plan, 'pull-w-4')).toContain('image pull --namespace system factory.talos.dev/');
  expect(commandOf(plan, 'arm-w-4')).toMatch(/--no-reboot --progress plain$/);
  expect(commandOf(plan, 'reboot-w-4')).toMatch(/reboot --wait --timeout 30m$/);
  const disruptive = plan.steps.filter((step) => step.isDisruptive && step.group === 'w-4');
  expect(disruptive.map(({ id }) => id)).toEqual([
    'arm-w-4',
    'mark-w-4',
    'drain-w-4',
    'reboot-w-4',
  ]);
});

test('takes the old way where talosctl or the operator knows no other', () => {
  const old = planOf({ version: 'v1.14.1' }, { tag: 'v1.13.9', talosctl: 'v1.14.1' });
  expect(kindsOf(old, 'w-4')).toContain('arm');
  const forced = planOf(
    { version: 'v1.14.1', path: 'legacy' },
    { tag: 'v1.13.9', talosctl: 'v1.13.9' },
  );
  expect(commandOf(forced, 'upgrade-w-4')).toContain(' --legacy --wait ');
  const client = planOf({ version: 'v1.13.9' }, { tag: 'v1.13.0', talosctl: 'v1.12.11' });
  expect(commandOf(client, 'upgrade-w-4')).not.toContain('--legacy');
});

test('is the same later, whatever has become of the nodes since', () => {
  const plan = planOf(NEXT);
  const later = withInspection(contextOf(plan.answers, { tag: 'v1.13.9' }), {
    nodes: new Map(),
    kube: WAITING,
    images: new Map(),
  });
  const again = upgradeTalos.plan({ ...later, nowMs: later.nowMs + 3_600_000 });
  expect(again.kind === 'plan' ? fingerprint(again) : again).toBe(fingerprint(plan));
});

test('skips nodes that run version and schematic already', () => {
  const plan = planOf(NEXT, {
    tags: { 2: 'v1.13.9', 4: 'v1.13.9' },
    images: { 4: { schematic: OTHER_SCHEMATIC } },
    inspected: { 4: { installImage: imageOf(OTHER_SCHEMATIC, 'v1.13.9') } },
  });
  expect(plan.summary).toBe('Upgrade Talos to v1.13.9: cp-3, then cp-1, then w-5');
  expect(plan.lines).toContain('left alone: cp-2 and w-4 run it already');
  expect(refusalOf(NEXT, { tag: 'v1.13.9' }).reason).toMatch(/already\.$/);
});

test('changes the schematic alone when that is asked for', () => {
  const plan = planOf(
    { version: 'v1.13.9', node: 'w-4', schematic: OTHER_SCHEMATIC },
    { tag: 'v1.13.9', talosctl: 'v1.13.9', images: { 5: { schematic: OTHER_SCHEMATIC } } },
  );
  expect(plan.lines).toContain(
    'w-4: v1.13.9 → v1.13.9, schematic 88d1f7a5c4f1… → aaaaaaaaaaaa… (factory-ok: runs the image of its configuration)',
  );
  expect(plan).toMatchObject({ level: 2, confirmName: null });
});

test('puts a canary first, or takes the whole order from the operator', () => {
  expect(planOf({ ...NEXT, canary: 'w-5' }).summary).toMatch(/: w-5, then cp-2, then cp-3/);
  const order = 'w-4,cp-1,w-5,cp-3,cp-2';
  expect(planOf({ ...NEXT, order }).summary).toBe(
    'Upgrade Talos to v1.13.9: w-4, then cp-1, then w-5, then cp-3, then cp-2',
  );
  expect(refusalOf({ ...NEXT, canary: 'cp-1' }).isUsage).toBe(true);
  expect(refusalOf({ ...NEXT, canary: 'x' }).reason).toBe('x is no node of this upgrade.');
  expect(refusalOf({ ...NEXT, order: 'w-4' }).reason).toContain('it lacks');
  expect(refusalOf({ ...NEXT, order: `${order},w-9` }).reason).toContain('it names w-9, which');
  expect(refusalOf({ ...NEXT, order: `${order},w-4` }).reason).toContain('names one twice');
});

test('says the outage of a single machine', () => {
  const plan = planOf(NEXT, { controlPlanes: 1, workers: 0 });
  expect(plan).toMatchObject({ level: 3, downtime: expect.stringMatching(/^everything:/) });
  expect(kindsOf(plan, 'cp-1')).not.toContain('drain');
  expect(planOf(NEXT, { controlPlanes: 1, workers: 1 }).downtime).toMatch(
    /^the Kubernetes API and etcd are away/,
  );
});

test('stays closed while something is not read, and pins nothing', () => {
  const context = withInspection(contextOf(NEXT), { nodes: new Map() });
  const planned = upgradeTalos.plan(context);
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  expect(planned.answers.pinned).toBe(undefined);
  expect(planned.gates.some(({ id, state }) => id === 'G-READ' && state === 'unknown')).toBe(true);
});

test('hands timeout and way of the drain to kubectl', () => {
  const plan = planOf({ ...NEXT, drain: 'disable-eviction', timeout: '10m' });
  expect(commandOf(plan, 'drain-w-4')).toMatch(/--timeout=600s --disable-eviction$/);
  expect(kindsOf(planOf({ ...NEXT, drain: 'skip' }), 'w-4')).not.toContain('drain');
});

test('asks for the version, and offers what every node can go to', () => {
  const asked = outcome({}, { tags: { 2: 'v1.12.6' } });
  if (asked.kind !== 'form') throw new Error(asked.kind);
  expect(asked.questions[0]).toMatchObject({
    name: 'version',
    suggestion: 'v1.13.9',
    isToBeSaid: true,
    choices: [{ value: 'v1.13.9', label: 'v1.13.9 (recommended)' }],
  });
  expect(refusalOf({}, { tags: { 2: 'v1.14.1' } }).gate).toBe('G-PATH');
  const old = outcome({}, { tag: 'v1.12.6' });
  expect(old.kind === 'form' ? old.questions[0] : old).toMatchObject({
    suggestion: 'v1.12.11',
    choices: [
      { value: 'v1.13.9', label: 'v1.13.9' },
      { value: 'v1.12.11', label: 'v1.12.11 (recommended)' },
    ],
  });
});

test('says that every node runs the newest version, and which, when there is none to choose', () => {
  const newest = refusalOf({}, { tag: 'v1.14.1' });
  expect(newest.reason).toBe('Every node already runs the newest known version of Talos: v1.14.1.');
  expect(newest.hint).toBe(
    'There is nothing to upgrade; for another schematic set version=v1.14.1 and schematic or extensions.',
  );
  const blind = withInspection(contextOf({}, { tag: 'v1.14.1' }), { factory: WAITING });
  expect(upgradeTalos.plan(blind)).toMatchObject({
    kind: 'refusal',
    reason: newest.reason,
    hint: 'The Image Factory has not told what it has: set version to go to one that is not listed here.',
  });
  expect(refusalOf({}, { tags: { 2: 'v1.14.1' } }).reason).toBe(
    'There is no version that every node can go to in one step.',
  );
  expect(refusalOf({}, { tag: 'v1.15.0-alpha.1' })).toMatchObject({
    reason: 'v1.15.0-alpha.1 is no release of Talos: where its nodes can go is not known.',
    gate: 'G-PATH',
  });
});

test('upgrades with os:admin alone, as Talos wants it', () => {
  const context = contextOf(NEXT);
  const roleOf = (talosRoles: readonly string[]) => {
    const planned = upgradeTalos.plan({ ...context, facts: { ...context.facts, talosRoles } });
    return planned.kind === 'plan' && planned.gates.find(({ id }) => id === 'G-ROLE')?.state;
  };

  expect(roleOf(['os:admin'])).toBe('green');
  expect(roleOf(['os:operator'])).toBe('red');
});
