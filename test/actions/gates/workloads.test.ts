import { expect, test } from 'vitest';
import { crashingWorkloads, workloadsGate } from '../../../src/actions/gates/workloads.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asNodeName } from '../../../src/model/ids.js';
import type { InspectedPod } from '../../../src/model/inspection.js';
import { expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aPod, aTarget, withKube } from '../../support/plan-contexts.js';

const gate = (context: PlanContext, before: readonly string[] = []) =>
  workloadsGate(context, aTarget(1), before);

const crashing = (overrides: Partial<InspectedPod> = {}): InspectedPod =>
  aPod({ name: 'api-5d9c-x7k2p', waitingReason: 'CrashLoopBackOff', ...overrides });

const withPods = (...pods: readonly InspectedPod[]) => withKube(aPlanContext(), { pods });

test('is green while nothing crashes on the node', () => {
  expect(gate(withPods(aPod()))).toEqual({
    id: 'G-WORK',
    title: 'Pods on cp-1 keep running',
    state: 'green',
    text: 'none crashes',
    remedy: 'Look at the logs of these pods.',
    override: 'confirm',
  });
  expect(gate(withPods(crashing({ node: asNodeName('cp-2') }))).state).toBe('green');
  expect(gate(withPods(crashing({ waitingReason: 'ContainerCreating' }))).state).toBe('green');
});

test('names the pod that crashes since', () => {
  expect(gate(withPods(crashing()))).toMatchObject({
    state: 'red',
    text: 'web/api-5d9c-x7k2p crashes again and again',
  });
});

test('forgives what crashed before, under whatever name its owner gave it', () => {
  const before = crashingWorkloads(withPods(crashing({ node: asNodeName('cp-3') }), aPod()));

  expect(before).toEqual(['web/api-5d9c']);
  expect(gate(withPods(crashing({ name: 'api-5d9c-zzzzz' })), before)).toMatchObject({
    state: 'green',
    text: 'none crashes that did not before',
  });
  expect(gate(withPods(crashing({ name: 'api-77aa-x7k2p' })), before).state).toBe('red');
  expect(gate(withPods(crashing({ namespace: 'shop' })), before).state).toBe('red');
});

test('takes the pods of a StatefulSet and of nobody by their own names', () => {
  const one = crashing({ name: 'db-0', ownerKind: 'StatefulSet' });

  expect(crashingWorkloads(withPods(one, one, crashing({ name: 'a-b', ownerKind: null })))).toEqual(
    ['web/a-b', 'web/db-0'],
  );
  expect(gate(withPods({ ...one, name: 'db-1' }), ['web/db-0']).state).toBe('red');
});

test('stands on the list of pods', () => {
  expectNeeds(gate, aPlanContext(), ['inspection.kube']);
});

test('knows the pods of DaemonSets and Jobs by what made them', () => {
  for (const ownerKind of ['DaemonSet', 'Job']) {
    expect(crashingWorkloads(withPods(crashing({ name: 'agent-x7k2p', ownerKind })))).toEqual([
      'web/agent',
    ]);
  }
});
