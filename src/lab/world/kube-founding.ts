import { putObject } from './kube-store.js';
import { controlPlanes } from './node.js';
import type { KubeObject, KubeResource, World } from './types.js';
import { seedNodePods } from './workload-daemons.js';
import { seedCluster } from './workload-seed.js';

export type KubeContents = ReadonlyMap<KubeResource, ReadonlyMap<string, KubeObject>>;

/** Kubernetes begins anew: nothing of what was is known to anybody, whoever watched has to list again. */
function replaceContents(world: World, contents: KubeContents, revision: number): void {
  const { kube, etcd } = world;
  for (const objects of kube.objects.values()) objects.clear();
  for (const [resource, objects] of contents) kube.objects.set(resource, new Map(objects));
  kube.changes.length = 0;
  kube.compactedRevision = revision;
  kube.foundings += 1;
  etcd.revision = revision;
  etcd.compactRevision = Math.min(etcd.compactRevision, revision);
  for (const resource of kube.objects.keys()) world.touch(`kube:${resource}`);
}

/** A cluster that never was: what Talos and Kubernetes make by themselves. */
export function foundKubernetes(world: World): void {
  replaceContents(world, new Map(), 1);
  seedCluster(world);
}

/** talos.md A4.4: exactly what the snapshot holds, with its revision: no bump. */
export function restoreKubernetes(world: World, contents: KubeContents, revision: number): void {
  replaceContents(world, contents, revision);
}

/** A machine has become a node: DaemonSets and, on a control plane, its static pods appear there. */
export function admitNode(world: World, object: KubeObject): void {
  const node = world.nodes.get(object.metadata.name);
  if (node === undefined) return;
  const isControlPlane = controlPlanes(world).includes(node);
  seedNodePods(world, node, isControlPlane);
  for (const set of world.kube.objects.get('daemonsets')?.values() ?? []) {
    const pods = [...(world.kube.objects.get('pods')?.values() ?? [])].filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid),
    );
    const count = pods.length;
    putObject(world, 'daemonsets', {
      ...set,
      status: {
        ...(set.status as object),
        currentNumberScheduled: count,
        desiredNumberScheduled: count,
        numberAvailable: count,
        numberReady: count,
        updatedNumberScheduled: count,
      },
    });
  }
}
