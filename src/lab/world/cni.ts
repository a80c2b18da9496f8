import { listObjects, removeObject } from './kube-store.js';
import type { KubeObject, World } from './types.js';

/** DaemonSets that bring a network to every node. */
const NETWORKS = ['kube-flannel', 'cilium', 'calico-node', 'canal', 'kube-router', 'weave-net'];

const isNetwork = ({ metadata }: KubeObject): boolean => NETWORKS.includes(metadata.name);

/** Whether a node that starts now gets a network for its pods. */
export const hasNetworkPlugin = (world: World): boolean =>
  listObjects(world, 'daemonsets').some(isNetwork);

/** The DaemonSets of these names and their pods go. */
export function removeDaemonSets(world: World, names: readonly string[]): void {
  for (const set of listObjects(world, 'daemonsets')) {
    const { name, namespace, uid } = set.metadata;
    if (!names.includes(name)) continue;
    const pods = listObjects(world, 'pods').filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.uid === uid),
    );
    for (const pod of pods) removeObject(world, 'pods', pod.metadata.name, pod.metadata.namespace);
    removeObject(world, 'daemonsets', name, namespace);
  }
}

export const removeNetwork = (world: World): void => removeDaemonSets(world, NETWORKS);
