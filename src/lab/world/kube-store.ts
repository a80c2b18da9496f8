import type {
  KubeChange,
  KubeMetadata,
  KubeObject,
  KubeResource,
  KubeStore,
  World,
} from './types.js';

/** How many changes a watch may be behind before it gets 410, like etcd's compaction every five minutes. */
const CHANGES_KEPT = 20_000;

export const KUBE_RESOURCES: readonly KubeResource[] = [
  'nodes',
  'pods',
  'namespaces',
  'leases',
  'events',
  'services',
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'configmaps',
  'poddisruptionbudgets',
  'certificatesigningrequests',
  'secrets',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'storageclasses',
  'csidrivers',
  'customresourcedefinitions',
];

/** What a writer gives: the store fills in uid, resourceVersion and creation time. */
export interface KubeDraft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Omit<KubeMetadata, 'uid' | 'resourceVersion' | 'creationTimestamp'> &
    Partial<Pick<KubeMetadata, 'uid' | 'creationTimestamp'>>;
  readonly [field: string]: unknown;
}

export function createKubeStore(revision: number): KubeStore {
  return {
    objects: new Map(KUBE_RESOURCES.map((resource) => [resource, new Map<string, KubeObject>()])),
    changes: [],
    compactedRevision: revision,
    foundings: 0,
  };
}

export const objectKey = (name: string, namespace?: string): string =>
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;

/** RFC 3339 with whole seconds, as metav1.Time prints it. */
export const kubeTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** metav1.MicroTime, as in leases. */
export const kubeMicroTime = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 23)}000Z`;

export const getObject = (
  world: World,
  resource: KubeResource,
  name: string,
  namespace?: string,
): KubeObject | undefined => world.kube.objects.get(resource)?.get(objectKey(name, namespace));

/** Sorted by key, as etcd returns them. */
export function listObjects(world: World, resource: KubeResource): readonly KubeObject[] {
  const objects = world.kube.objects.get(resource) ?? new Map<string, KubeObject>();
  return [...objects.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

/** Creates or replaces. Bumps the revision, records the change, tells the watchers. */
export function putObject(world: World, resource: KubeResource, draft: KubeDraft): KubeObject {
  const objects = collection(world, resource);
  const key = objectKey(draft.metadata.name, draft.metadata.namespace);
  const old = objects.get(key);
  const revision = nextRevision(world);
  const object: KubeObject = {
    ...draft,
    metadata: {
      ...draft.metadata,
      uid: old?.metadata.uid ?? draft.metadata.uid ?? world.random.uuid(),
      creationTimestamp:
        old?.metadata.creationTimestamp ??
        draft.metadata.creationTimestamp ??
        kubeTime(world.clock.now()),
      resourceVersion: String(revision),
    },
  };
  objects.set(key, object);
  record(world, { revision, resource, type: old === undefined ? 'ADDED' : 'MODIFIED', object });
  return object;
}

export function removeObject(
  world: World,
  resource: KubeResource,
  name: string,
  namespace?: string,
): KubeObject | undefined {
  const objects = collection(world, resource);
  const key = objectKey(name, namespace);
  const old = objects.get(key);
  if (old === undefined) return undefined;
  const revision = nextRevision(world);
  objects.delete(key);
  const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(revision) } };
  record(world, { revision, resource, type: 'DELETED', object });
  return object;
}

/** Changes of one resource after a revision; null = too old, answer 410. */
export function changesSince(
  world: World,
  resource: KubeResource,
  revision: number,
): readonly KubeChange[] | null {
  if (revision < world.kube.compactedRevision) return null;
  const { changes } = world.kube;
  let index = changes.length;
  while (index > 0 && (changes[index - 1]?.revision ?? 0) > revision) index -= 1;
  return changes.slice(index).filter((change) => change.resource === resource);
}

/** For listeners: every change of one resource since the last call, also when changes were nested. */
export function changeReader(world: World, resource: KubeResource): () => readonly KubeChange[] {
  let seenRevision = world.etcd.revision;
  let { foundings } = world.kube;
  return () => {
    if (world.kube.foundings !== foundings) {
      foundings = world.kube.foundings;
      seenRevision = world.kube.compactedRevision;
    }
    const changes = changesSince(world, resource, seenRevision) ?? [];
    seenRevision = world.etcd.revision;
    return changes;
  };
}

function collection(world: World, resource: KubeResource): Map<string, KubeObject> {
  const objects = world.kube.objects.get(resource);
  if (objects !== undefined) return objects;
  if (!resource.includes('.')) throw new Error(`No such Kubernetes resource: ${resource}`);
  const made = new Map<string, KubeObject>();
  world.kube.objects.set(resource, made);
  return made;
}

function nextRevision(world: World): number {
  world.etcd.revision += 1;
  world.etcd.raftIndex += 1;
  return world.etcd.revision;
}

function record(world: World, change: KubeChange): void {
  const { changes } = world.kube;
  changes.push(change);
  if (changes.length > CHANGES_KEPT * 1.25) {
    const dropped = changes.splice(0, changes.length - CHANGES_KEPT);
    world.kube.compactedRevision = dropped.at(-1)?.revision ?? world.kube.compactedRevision;
  }
  world.touch(`kube:${change.resource}`);
}
