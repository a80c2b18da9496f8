import { parseAllDocuments } from 'yaml';
import { listObjects, removeObject } from './kube-store.js';
import { controlPlanes } from './node.js';
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

const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null
          ? (inner as Readonly<Record<string, unknown>>)[key]
          : undefined,
      value,
    );

/** talos: what it leaves out of a new cluster because the configuration says that somebody else brings it. */
function unwanted(text: string): readonly string[] {
  const documents = parseAllDocuments(text).map((document): unknown => document.toJS());
  const says = (path: string, value: unknown): boolean =>
    documents.some((document) => at(document, path) === value);
  return [
    ...(says('cluster.network.cni.name', 'none') || says('cluster.network.cni.name', 'custom')
      ? ['kube-flannel']
      : []),
    ...(says('cluster.proxy.disabled', true) ? ['kube-proxy'] : []),
  ];
}

/** A cluster that is founded begins without what its control planes do not want. */
export function runFoundingChoices(world: World): void {
  let { foundings } = world.kube;
  world.subscribe((topics) => {
    if (world.kube.foundings === foundings || !topics.includes('kube:daemonsets')) return;
    foundings = world.kube.foundings;
    world.clock.after(1, () => {
      const texts = controlPlanes(world).map(({ machine }) => machine.config?.text ?? '');
      removeDaemonSets(world, texts.flatMap(unwanted));
    });
  });
}
