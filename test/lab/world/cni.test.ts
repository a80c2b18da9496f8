import { expect, test } from 'vitest';
import { foundKubernetes } from '../../../src/lab/world/kube-founding.js';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { controlPlanes } from '../../../src/lab/world/node.js';
import type { World } from '../../../src/lab/world/types.js';
import { labLine } from '../../support/lab-line.js';
import { newWorld, objectIn, seconds } from '../../support/lab-world.js';

const daemons = (world: World): readonly string[] =>
  listObjects(world, 'daemonsets').map(({ metadata }) => metadata.name);

const status = (world: World, name: string): string =>
  JSON.stringify(objectIn(world, 'nodes', name).status);

function found(network: string): World {
  const world = newWorld('1+0');
  for (const node of controlPlanes(world)) {
    node.machine.config = { text: `cluster:\n${network}`, settings: null };
  }
  foundKubernetes(world);
  seconds(world, 1);
  return world;
}

test('a cluster that is founded has flannel and kube-proxy unless its configuration says otherwise', () => {
  expect(daemons(found('  clusterName: x\n'))).toEqual(
    expect.arrayContaining(['kube-flannel', 'kube-proxy']),
  );
  expect(daemons(found('  network: {cni: {name: none}}\n  proxy: {disabled: true}\n'))).toEqual([]);
  expect(daemons(found('  network: {cni: {name: none}}\n'))).toEqual(['kube-proxy']);
});

test('without a pod network nodes stay NotReady through restarts, and one brings them back', () => {
  const world = newWorld('3+1');
  labLine(world, 'remove-cni');
  expect(status(world, 'talos-w-01')).toContain('cni plugin not initialized');
  labLine(world, 'reboot-node talos-w-01');
  seconds(world, 240);
  expect(status(world, 'talos-w-01')).toContain('cni plugin not initialized');
  labLine(world, 'add-cni');
  seconds(world, 30);

  for (const name of world.nodes.keys()) {
    expect(status(world, name)).toContain('kubelet is posting ready status');
  }
});
