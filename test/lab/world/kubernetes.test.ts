import { expect, test } from 'vitest';
import { applyChange } from '../../../src/lab/control/changes.js';
import { conditionsOf, readyStatus, spec, taintsOf } from '../../../src/lab/world/kube-node.js';
import { changesSince, listObjects } from '../../../src/lab/world/kube-store.js';
import { controllerManagerHost, leaseRenewedAtMs } from '../../../src/lab/world/leases.js';
import { hangNode, unhangNode } from '../../../src/lab/world/life.js';
import { isPodReady, podSpec } from '../../../src/lab/world/pods.js';
import { shutdownVm, startVm, stopVm } from '../../../src/lab/world/power.js';
import type { World } from '../../../src/lab/world/types.js';
import { newWorld, nodeIn, objectIn, seconds, vmIn } from '../../support/lab-world.js';

const ready = (world: World, name: string): string => readyStatus(objectIn(world, 'nodes', name));

const eventReasons = (world: World): readonly string[] =>
  listObjects(world, 'events').map(({ reason }) => String(reason));

const leaseAgeMs = (world: World, name: string): number =>
  world.clock.now() - leaseRenewedAtMs(objectIn(world, 'leases', name, 'kube-node-lease'));

const allowed = (world: World, name: string): number =>
  (objectIn(world, 'poddisruptionbudgets', name, 'shop').status as { disruptionsAllowed: number })
    .disruptionsAllowed;

test('kubelets renew their leases every ten seconds, controllers theirs every two', () => {
  const world = newWorld();
  for (let second = 0; second < 40; second += 1) {
    seconds(world, 1);
    for (const hostname of world.nodes.keys())
      expect(leaseAgeMs(world, hostname)).toBeLessThan(10_001);
  }
  const lease = objectIn(world, 'leases', 'kube-scheduler', 'kube-system');
  expect(world.clock.now() - leaseRenewedAtMs(lease)).toBeLessThan(2001);
});

test('a lost kubelet becomes Unknown after 40 to 60 seconds, with taints, an event and unready pods', () => {
  const world = newWorld();
  stopVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 39);
  expect(ready(world, 'talos-w-01')).toBe('True');
  seconds(world, 22);
  const node = objectIn(world, 'nodes', 'talos-w-01');

  expect(conditionsOf(node).map(({ status }) => status)).toEqual(Array(4).fill('Unknown'));
  expect(taintsOf(node).map(({ key, effect }) => `${key}:${effect}`)).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
  expect(eventReasons(world)).toContain('NodeNotReady');
  const pods = listObjects(world, 'pods').filter((pod) => podSpec(pod).nodeName === 'talos-w-01');
  expect(pods.length).toBeGreaterThan(0);
  expect(pods.some(isPodReady)).toBe(false);
});

test('five minutes later the pods of a lost worker run elsewhere, except those bound to it', () => {
  const world = newWorld();
  stopVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 420);
  const web = listObjects(world, 'pods').filter((pod) => pod.metadata.labels?.app === 'web');
  const running = web.filter(isPodReady);

  expect(running.map((pod) => podSpec(pod).nodeName)).toEqual(['talos-w-02', 'talos-w-02']);
  startVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 60);
  const after = listObjects(world, 'pods');
  expect(after.filter((pod) => pod.metadata.deletionTimestamp !== undefined)).toEqual([]);
  expect(after.every(isPodReady)).toBe(true);
});

test('a rebooted node says so: new boot id, Rebooted event, Ready again without taints', () => {
  const world = newWorld();
  const before = nodeIn(world, 'talos-w-01').bootId;
  stopVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 90);
  startVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 60);
  const node = objectIn(world, 'nodes', 'talos-w-01');

  expect(nodeIn(world, 'talos-w-01').bootId).not.toBe(before);
  expect(nodeIn(world, 'talos-w-01')).toMatchObject({ stage: 'running', isReady: true });
  expect(ready(world, 'talos-w-01')).toBe('True');
  expect(taintsOf(node)).toEqual([]);
  expect(eventReasons(world)).toContain('Rebooted');
});

test('a node that froze is lost, and is Ready again soon after it goes on, without a reboot', () => {
  const world = newWorld();
  const node = nodeIn(world, 'talos-w-02');
  const { bootId } = node;
  hangNode(world, node);
  seconds(world, 70);
  expect(ready(world, 'talos-w-02')).toBe('Unknown');
  unhangNode(world, node);
  seconds(world, 15);

  expect(ready(world, 'talos-w-02')).toBe('True');
  expect(node.bootId).toBe(bootId);
  expect(listObjects(world, 'pods').every(isPodReady)).toBe(true);
});

test('an orderly shutdown cordons the node in the name of Talos and lifts that cordon after the boot', () => {
  const world = newWorld();
  shutdownVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 10);
  const stopped = objectIn(world, 'nodes', 'talos-w-01');
  expect(stopped.metadata.annotations?.['talos.dev/cordoned']).toBe('true');
  expect(spec(stopped).unschedulable).toBe(true);
  expect(ready(world, 'talos-w-01')).toBe('False');
  startVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 60);
  const back = objectIn(world, 'nodes', 'talos-w-01');

  expect(back.metadata.annotations?.['talos.dev/cordoned']).toBeUndefined();
  expect(spec(back).unschedulable).toBeUndefined();
  expect(taintsOf(back)).toEqual([]);
});

test("an operator's cordon survives the boot", () => {
  const world = newWorld();
  applyChange({ world, renewCredential: () => {} }, 'cordon', ['talos-w-01']);
  expect(taintsOf(objectIn(world, 'nodes', 'talos-w-01')).map(({ key }) => key)).toEqual([
    'node.kubernetes.io/unschedulable',
  ]);
  applyChange({ world, renewCredential: () => {} }, 'reboot-node', ['talos-w-01']);
  seconds(world, 90);

  expect(spec(objectIn(world, 'nodes', 'talos-w-01')).unschedulable).toBe(true);
  expect(ready(world, 'talos-w-01')).toBe('True');
});

test('a budget allows one disruption while all runs and none while a pod is away', () => {
  const world = newWorld();
  seconds(world, 5);
  expect([allowed(world, 'web'), allowed(world, 'db')]).toEqual([1, 1]);
  stopVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 90);

  expect([allowed(world, 'web'), allowed(world, 'db')]).toEqual([0, 0]);
});

test('leadership of the controllers leaves a dead control plane within twenty seconds', () => {
  const world = newWorld();
  const host = controllerManagerHost(world) ?? '';
  stopVm(world, vmIn(world, host));
  expect(controllerManagerHost(world)).toBeUndefined();
  seconds(world, 20);

  expect([undefined, host]).not.toContain(controllerManagerHost(world));
});

test('a watcher gets every change after its revision once and in order, or is told that it came too late', () => {
  const world = newWorld();
  const from = world.etcd.revision;
  seconds(world, 300);
  const changes = changesSince(world, 'leases', from) ?? [];
  const revisions = changes.map(({ revision }) => revision);

  expect(revisions.length).toBeGreaterThan(100);
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  expect(
    changes.every(({ object, revision }) => object.metadata.resourceVersion === `${revision}`),
  ).toBe(true);
  expect(changesSince(world, 'leases', 1)).toBeNull();
});

test('while etcd is out of space nothing is written; after the alarm is cleared the nodes are still Ready', () => {
  const world = newWorld();
  const context = { world, renewCredential: () => {} };
  applyChange(context, 'etcd-alarm', ['NOSPACE']);
  const { revision } = world.etcd;
  seconds(world, 300);
  expect(world.etcd.revision).toBe(revision);
  applyChange(context, 'clear-alarm', []);
  seconds(world, 20);

  expect(world.etcd.revision).toBeGreaterThan(revision);
  for (const hostname of world.nodes.keys()) expect(ready(world, hostname)).toBe('True');
});
