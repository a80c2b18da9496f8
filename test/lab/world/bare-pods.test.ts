import { expect, test } from 'vitest';
import { putObject } from '../../../src/lab/world/kube-store.js';
import { controlPlanes } from '../../../src/lab/world/node.js';
import { podSpec, podStatus } from '../../../src/lab/world/pods.js';
import type { World } from '../../../src/lab/world/types.js';
import { labLine } from '../../support/lab-line.js';
import { newWorld, objectIn, seconds } from '../../support/lab-world.js';

const make = (world: World): void => {
  putObject(world, 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'busybox' }] },
    status: { phase: 'Pending' },
  });
};

test('a pod that somebody makes by hand runs on a node that takes pods', () => {
  const world = newWorld('3+2');
  labLine(world, 'cordon talos-w-01');
  seconds(world, 5);
  make(world);
  seconds(world, 5);
  const pod = objectIn(world, 'pods', 'probe', 'default');

  expect(podStatus(pod).phase).toBe('Running');
  expect(podSpec(pod).nodeName).toBe('talos-w-02');
});

test('without a node that takes pods it waits and says why', () => {
  const world = newWorld('3+1');
  labLine(world, 'cordon talos-w-01');
  seconds(world, 5);
  make(world);
  seconds(world, 5);

  expect(podStatus(objectIn(world, 'pods', 'probe', 'default')).phase).toBe('Pending');
  const events = [...(world.kube.objects.get('events')?.values() ?? [])];
  expect(events.map(({ reason }) => reason)).toContain('FailedScheduling');
  expect(controlPlanes(world)).toHaveLength(3);
});
