import { expect, test } from 'vitest';
import { apiServersGate } from '../../../src/actions/gates/api-servers.js';
import type { PlanContext } from '../../../src/actions/types.js';
import type { NodeInspection } from '../../../src/model/inspection.js';
import { mapReading, WAITING } from '../../../src/model/reading.js';
import { addressOf, aWorld, fresh } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import {
  aPlanContext,
  aTarget,
  STATIC_PODS,
  withInspection,
  withKube,
  withNode,
  withNodeInspection,
  withSnapshot,
} from '../../support/plan-contexts.js';

const all = (context: PlanContext) => apiServersGate(context, null);
const verdict = (context: PlanContext, except = 0) => {
  const { state, text } = apiServersGate(context, except === 0 ? null : aTarget(except));
  return `${state}: ${text}`;
};

const withPods = (staticPods: NodeInspection['staticPods']) =>
  withNodeInspection(aPlanContext(), addressOf(2), (reading) =>
    mapReading(reading, (value) => ({ ...value, staticPods })),
  );

const withServer = (isReady: boolean | null, text: string) =>
  withKube(aPlanContext(), {
    apiServers: [1, 2, 3].map((number) => ({
      address: addressOf(number),
      isReady: number === 2 ? isReady : true,
      text: number === 2 ? text : 'ok',
    })),
  });

test('is green when every control plane serves and runs its static pods', () => {
  expect(all(aPlanContext())).toEqual({
    id: 'G-APISRV',
    title: 'The other control planes serve the Kubernetes API',
    state: 'green',
    text: 'cp-1, cp-2, cp-3 ready',
    remedy: 'Look at the static pods and the kubelet of that control plane.',
    override: 'type',
  });
});

test('stands on what the API servers and the nodes say of themselves', () => {
  expectNeeds(all, aPlanContext(), ['inspection.kube', 'inspection.node']);
  expectNeeds(all, aPlanContext(), ['inspection.kube'], { number: 4, isControlPlane: false });
});

test('never turns green when the world gets worse', () => {
  expectMonotone(all, aPlanContext(), EVERYBODY);
  expectMonotone((context) => apiServersGate(context, aTarget(1)), aPlanContext(), EVERYBODY);
});

test('names the server that is not ready, that cannot be asked or was not asked', () => {
  expect(verdict(withServer(false, 'etcd failed'))).toBe(
    'red: kube-apiserver on cp-2 is not ready: etcd failed',
  );
  expect(verdict(withServer(null, 'refused'))).toBe(
    'unknown: kube-apiserver on cp-2 cannot be asked: refused',
  );
  expect(verdict(withKube(aPlanContext(), { apiServers: [] }))).toContain(
    'unknown: kube-apiserver on cp-1 was not asked',
  );
});

test('names the static pod that is not ready or not told', () => {
  const [first, ...rest] = STATIC_PODS;
  expect(verdict(withPods([{ name: 'kube-apiserver', isReady: false }, ...rest]))).toBe(
    'red: kube-apiserver on cp-2 is not ready',
  );
  expect(verdict(withPods(first === undefined ? [] : [first]))).toBe(
    'unknown: kube-controller-manager on cp-2 is not told and kube-scheduler on cp-2 is not told',
  );
});

test('knows static pods by the name with that of the node, and trusts none that is like it', () => {
  const named = STATIC_PODS.map(({ name }) => ({ name: `${name}-cp-2`, isReady: true }));
  const alike = STATIC_PODS.map(({ name }) => ({ name: `${name}x`, isReady: true }));
  const twice = [...STATIC_PODS, { name: 'kube-scheduler-cp-2', isReady: false }];

  expect(verdict(withPods(named))).toBe('green: cp-1, cp-2, cp-3 ready');
  expect(verdict(withPods(alike))).toMatch(/^unknown: kube-apiserver on cp-2 is not told/);
  expect(verdict(withPods(twice))).toBe('red: kube-scheduler on cp-2 is not ready');
});

test('leaves out the control plane that is worked on', () => {
  expect(verdict(withServer(false, 'down'), 2)).toBe('green: cp-1, cp-3 ready');
  expect(verdict(aPlanContext(aWorld(1, 1)), 1)).toBe(
    'green: the only control plane is the one worked on',
  );
  const blind = withInspection(aPlanContext(aWorld(1, 1)), { kube: WAITING });
  expect(verdict(blind, 1)).toBe('green: the only control plane is the one worked on');
});

test('wants a control plane that only Kubernetes knows to be read as well', () => {
  const world = aWorld(3, 1);
  const context = aPlanContext({ ...world, nodes: world.nodes.slice(1) });
  expect(verdict(context)).toBe(
    'unknown: kube-apiserver on cp-1 was not asked and the list of static pods of cp-1 is not known yet',
  );
});

test('is unknown while no control plane is known, or a machine has not said what it is', () => {
  const none = withSnapshot(aPlanContext(aWorld(0, 2)), {});
  expect(verdict(none)).toBe('unknown: no control plane is known');

  const mute = withSnapshot(
    withNode(aPlanContext(), addressOf(4), () => ({ identity: WAITING })),
    { kubeNodes: fresh(aWorld(3, 0).kubeNodes), talosMembers: WAITING },
  );
  expect(verdict(mute)).toMatch(/^unknown: the role of .* is not known$/);
});
