import { expect, test } from 'vitest';
import { nodesGate } from '../../../src/actions/gates/nodes.js';
import type { PlanContext } from '../../../src/actions/types.js';
import type { KubeNode } from '../../../src/model/kubernetes.js';
import { aKubeNode, aWorld, fresh } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aTarget, withSnapshot } from '../../support/plan-contexts.js';

const MARK = '20261120T101500Z-upgrade-talos';
const gate = (context: PlanContext) => nodesGate(context, { mark: MARK, except: null });

const withNodes = (change: Partial<KubeNode>) =>
  withSnapshot(aPlanContext(), {
    kubeNodes: fresh([
      ...aWorld(3, 1).kubeNodes,
      aKubeNode({ number: 5, isControlPlane: false }, change),
    ]),
  });

const verdict = (change: Partial<KubeNode>) => {
  const { state, text } = gate(withNodes(change));
  return `${state}: ${text}`;
};

test('is green when all are Ready, schedulable and without pressure', () => {
  expect(gate(aPlanContext())).toEqual({
    id: 'G-NODES',
    title: 'The Kubernetes nodes are well and schedulable',
    state: 'green',
    text: '5 nodes Ready',
    remedy: 'Repair the node, or uncordon it when the work on it is over.',
    override: 'type',
  });
  expect(nodesGate(aPlanContext(), { mark: null, except: aTarget(1) }).text).toBe(
    '4 other nodes Ready',
  );
});

test('stands on the list of nodes', () => {
  expectNeeds(gate, aPlanContext(), ['kubeNodes']);
});

test('never turns green when the world gets worse', () => {
  expectMonotone(gate, aPlanContext(), EVERYBODY);
});

test('says what is wrong with which node', () => {
  const condition = (type: string, status: 'True' | 'False' | 'Unknown') => ({
    conditions: [{ type, status, reason: '', message: '' }],
  });

  expect(
    [
      { ready: 'False' as const },
      { ready: 'Unknown' as const },
      { isBeingDeleted: true },
      condition('MemoryPressure', 'True'),
      condition('DiskPressure', 'True'),
      condition('PIDPressure', 'True'),
      condition('NetworkUnavailable', 'True'),
      condition('DiskPressure', 'Unknown'),
      condition('DiskPressure', 'False'),
      condition('Other', 'True'),
    ].map(verdict),
  ).toEqual([
    'red: w-5 is NotReady',
    'red: w-5 is not heard of by Kubernetes',
    'red: w-5 is being deleted',
    'red: w-5 has MemoryPressure',
    'red: w-5 has DiskPressure',
    'red: w-5 has PIDPressure',
    'red: w-5 has NetworkUnavailable',
    'unknown: DiskPressure of w-5 is not known',
    'green: 5 nodes Ready',
    'green: 5 nodes Ready',
  ]);
});

test('tells a cordon of ours from one of others', () => {
  const cordonedBy = (mark: string | null) =>
    verdict({
      isUnschedulable: true,
      annotations: mark === null ? {} : { 'talos-tui/cordoned-by': mark },
    });

  expect(cordonedBy(MARK)).toBe('green: 5 nodes Ready');
  expect(cordonedBy(null)).toBe('red: w-5 is cordoned by someone else');
  expect(cordonedBy('another')).toBe('red: w-5 is cordoned by another run (another)');
  const withoutRun = nodesGate(
    withNodes({ isUnschedulable: true, annotations: { 'talos-tui/cordoned-by': MARK } }),
    { mark: null, except: null },
  );
  expect(withoutRun.state).toBe('red');
});

test('leaves out the node that is worked on', () => {
  const context = withNodes({ ready: 'False', isUnschedulable: true });
  const others = nodesGate(context, { mark: null, except: aTarget(5, false) });
  expect(others).toMatchObject({ state: 'green', text: '4 other nodes Ready' });
  expect(nodesGate(context, { mark: null, except: aTarget(4, false) }).state).toBe('red');
});

test('is unknown without any node', () => {
  const none = withSnapshot(aPlanContext(), { kubeNodes: fresh([]) });
  expect(gate(none)).toMatchObject({ state: 'unknown', text: 'Kubernetes lists no node' });
});
