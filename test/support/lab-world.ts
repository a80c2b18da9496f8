import { createKubeSigner } from '../../src/lab/pki/lab-pki.js';
import { createWorld } from '../../src/lab/world/create.js';
import { getObject } from '../../src/lab/world/kube-store.js';
import { runWorld } from '../../src/lab/world/run.js';
import { type Placement, parseSize } from '../../src/lab/world/topology.js';
import type { KubeObject, KubeResource, LabNode, LabVm, World } from '../../src/lab/world/types.js';

export const WORLD_START_MS = Date.parse('2026-11-20T10:00:00Z');

/** A world whose time only moves when the test says so. */
export function newWorld(size = '3+2', seed = 1, placement: Placement = 'spread'): World {
  const parsed = parseSize(size);
  if (parsed === null) throw new Error(`No size: ${size}`);
  const world = createWorld({
    seed,
    size: parsed,
    placement,
    lanPrefix: '127.7',
    pki: createKubeSigner(WORLD_START_MS),
    timeScale: 0,
    startMs: WORLD_START_MS,
  });
  runWorld(world);
  return world;
}

export const seconds = (world: World, count: number): void => world.clock.advance(count * 1000);

export function nodeIn(world: World, hostname: string): LabNode {
  const node = world.nodes.get(hostname);
  if (node === undefined) throw new Error(`No node ${hostname}`);
  return node;
}

export function vmIn(world: World, hostname: string): LabVm {
  const vm = world.vms.get(nodeIn(world, hostname).vmId);
  if (vm === undefined) throw new Error(`No VM of ${hostname}`);
  return vm;
}

export function objectIn(
  world: World,
  resource: KubeResource,
  name: string,
  namespace?: string,
): KubeObject {
  const object = getObject(world, resource, name, namespace);
  if (object === undefined) throw new Error(`No ${resource}/${name}`);
  return object;
}
