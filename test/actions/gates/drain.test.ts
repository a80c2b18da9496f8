import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drainPreview, pdbGate } from '../../../src/actions/gates/drain.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asNodeName } from '../../../src/model/ids.js';
import type { InspectedPdb, InspectedPod, LabelSelector } from '../../../src/model/inspection.js';
import { WAITING } from '../../../src/model/reading.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import {
  aPlanContext,
  aPod,
  aTarget,
  withInspection,
  withKube,
} from '../../support/plan-contexts.js';

const gate = (context: PlanContext) => pdbGate(context, aTarget(1));

const aPdb = (overrides: Partial<InspectedPdb> = {}): InspectedPdb => ({
  namespace: 'web',
  name: 'api',
  disruptionsAllowed: 1,
  selector: { matchLabels: { app: 'api' }, matchExpressions: [] },
  ...overrides,
});

const aNode = (pods: readonly InspectedPod[], pdbs: readonly InspectedPdb[] = []) =>
  withKube(aPlanContext(), { pods, pdbs });

const verdict = (context: PlanContext) => `${gate(context).state}: ${gate(context).text}`;

test('is green when every pod that has to leave may leave', () => {
  expect(gate(aNode([aPod(), aPod({ name: 'api-2' })], [aPdb()]))).toEqual({
    id: 'G-PDB',
    title: 'cp-1 can be drained',
    state: 'green',
    text: '2 pods can leave',
    remedy: 'Add a replica, or choose another way to drain.',
    override: 'confirm',
  });
});

test('stands on the pods and budgets', () => {
  expectNeeds(gate, aPlanContext(), ['inspection.kube']);
});

test('never turns green when the world gets worse', () => {
  expectMonotone(gate, aNode([aPod()], [aPdb({ disruptionsAllowed: 0 })]), EVERYBODY);
});

test('names the pod and the budget that holds it', () => {
  expect(verdict(aNode([aPod()], [aPdb({ disruptionsAllowed: 0 })]))).toBe(
    'red: web/api-1: the disruption budget api allows none to go',
  );
  expect(verdict(aNode([aPod()], [aPdb(), aPdb({ name: 'all' })]))).toBe(
    'red: web/api-1: api and all both hold it',
  );
  expect(verdict(aNode([aPod({ ownerKind: null })]))).toBe(
    'red: web/api-1: nothing would bring it back, kubectl drain refuses it',
  );
});

test('looks at budgets of the same namespace and pods of the same node only', () => {
  const blocked = aPdb({ disruptionsAllowed: 0 });
  expect(gate(aNode([aPod()], [{ ...blocked, namespace: 'db' }])).state).toBe('green');
  expect(gate(aNode([aPod({ node: asNodeName('cp-2') })], [blocked])).state).toBe('green');
  expect(gate(aNode([aPod({ node: null })], [blocked])).state).toBe('green');
});

test('leaves daemons, static pods and what has ended or goes where they are', () => {
  const staying = [
    aPod({ name: 'daemon', ownerKind: 'DaemonSet' }),
    aPod({ name: 'static', ownerKind: 'Node' }),
    aPod({ name: 'mirror', isMirror: true }),
    aPod({ name: 'ended', phase: 'Succeeded' }),
    aPod({ name: 'crashed', phase: 'Failed' }),
    aPod({ name: 'going', isBeingDeleted: true }),
  ];
  const leaving = [aPod({ name: 'web', phase: 'Pending' })];
  const context = aNode([...staying, ...leaving], [aPdb({ disruptionsAllowed: 0 })]);
  const preview = drainPreview(context, aTarget(1));

  expect(preview?.staying).toEqual(staying);
  expect(preview?.leaving).toEqual([]);
  expect(preview?.blocked.map(({ pod }) => pod)).toEqual(leaving);
  for (const pod of staying)
    expect(gate(aNode([pod], [aPdb({ disruptionsAllowed: 0 })])).state).toBe('green');
});

test('previews nothing while the pods are not known', () => {
  expect(drainPreview(withInspection(aPlanContext(), { kube: WAITING }), aTarget(1))).toBeNull();
});

test('reads selectors as Kubernetes does', () => {
  const selects = (selector: Partial<LabelSelector>, labels: Record<string, string>) =>
    gate(
      aNode(
        [aPod({ labels })],
        [
          aPdb({
            disruptionsAllowed: 0,
            selector: { matchLabels: {}, matchExpressions: [], ...selector },
          }),
        ],
      ),
    ).state === 'red';
  const TIERS: readonly Record<string, string>[] = [{ tier: 'web' }, { tier: 'x' }, {}];
  const by = (
    operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
    labels: Record<string, string>,
  ) => selects({ matchExpressions: [{ key: 'tier', operator, values: ['web', 'db'] }] }, labels);

  expect(selects({}, {})).toBe(true);
  expect(selects({ matchLabels: { a: '1', b: '2' } }, { a: '1', b: '2', c: '3' })).toBe(true);
  expect(selects({ matchLabels: { a: '1', b: '2' } }, { a: '1' })).toBe(false);
  const over = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist') =>
    TIERS.map((labels) => by(operator, labels));

  expect(over('In')).toEqual([true, false, false]);
  expect(over('NotIn')).toEqual([false, true, true]);
  expect(over('Exists')).toEqual([true, true, false]);
  expect(over('DoesNotExist')).toEqual([false, false, true]);
  const both = [
    { key: 'a', operator: 'Exists' as const, values: [] },
    { key: 'b', operator: 'Exists' as const, values: [] },
  ];
  expect(selects({ matchExpressions: both }, { a: '1' })).toBe(false);
  expect(selects({ matchLabels: { a: '2' }, matchExpressions: both }, { a: '1', b: '1' })).toBe(
    false,
  );
});

test('counts every pod of the node exactly once', () => {
  const pods = fc.array(
    fc.record({
      name: fc.string(),
      node: fc.constantFrom(asNodeName('cp-1'), asNodeName('cp-2'), null),
      ownerKind: fc.constantFrom('ReplicaSet', 'DaemonSet', 'Node', null),
      phase: fc.constantFrom('Running', 'Succeeded', 'Pending'),
      isBeingDeleted: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(pods, fc.integer({ min: 0, max: 1 }), (shapes, disruptionsAllowed) => {
      const all = shapes.map((shape) => aPod(shape));
      const preview = drainPreview(aNode(all, [aPdb({ disruptionsAllowed })]), aTarget(1));
      const seen = [
        ...(preview?.leaving ?? []),
        ...(preview?.staying ?? []),
        ...(preview?.blocked ?? []).map(({ pod }) => pod),
      ];
      expect(seen).toHaveLength(all.filter(({ node }) => node === 'cp-1').length);
    }),
  );
});
