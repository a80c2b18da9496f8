import { isEtcdWritable } from './etcd.js';
import { controlPlanes, isAlive } from './node.js';
import type { LabNode, World } from './types.js';

/** Listens on 6443. Whether it can answer is etcd's matter. */
export const isApiServerUp = (node: LabNode): boolean => isAlive(node) && node.areStaticPodsUp;

export const liveApiServers = (world: World): readonly LabNode[] =>
  controlPlanes(world).filter(isApiServerUp);

/** Controllers and kubelets can write: some API server runs and etcd takes writes. */
export const isKubeWritable = (world: World): boolean =>
  isEtcdWritable(world) && liveApiServers(world).length > 0;
