import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isKubeWritable } from './api-server.js';
import { spec, status } from './kube-node.js';
import { getObject, listObjects, putObject } from './kube-store.js';
import { controllerManagerHost } from './leases.js';
import { controlPlanes, isAlive } from './node.js';
import { isPodReady, ownerOf, podDraft, podSpec } from './pods.js';
import type { KubeObject, KubeResource, LabNode, World } from './types.js';
import { randomSuffix } from './workload-daemons.js';
import { deletePod } from './workloads.js';

const RECONCILE_MS = 1000;
const HASH_CHARACTERS = 9;
const ROLLED = ['deployments', 'daemonsets', 'statefulsets'] as const;

interface Template {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly containers?: readonly { readonly image?: string }[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
  };
}

const templateOf = (set: KubeObject): Template =>
  (spec(set) as { readonly template?: Template }).template ?? {};

const replicasOf = (set: KubeObject): number =>
  (spec(set) as { readonly replicas?: number }).replicas ?? 1;

const podsOf = (world: World, set: KubeObject): readonly KubeObject[] =>
  listObjects(world, 'pods').filter(
    (pod) => ownerOf(pod)?.uid === set.metadata.uid && pod.metadata.deletionTimestamp === undefined,
  );

/** What clients ordered of a workload becomes pods; what the lab began with is as it is. */
export function runRollouts(world: World): void {
  let isDirty = true;
  world.subscribe((topics) => {
    if (topics.some((topic) => ROLLED.some((each) => topic === `kube:${each}`))) isDirty = true;
  });
  world.clock.every(RECONCILE_MS, () => {
    if (!isDirty || !isKubeWritable(world) || controllerManagerHost(world) === undefined) return;
    const waiting = ROLLED.flatMap((resource) =>
      listObjects(world, resource)
        .filter(isBehind)
        .map((set) => roll(world, resource, set)),
    );
    isDirty = waiting.includes(false);
  });
}

const isBehind = (set: KubeObject): boolean =>
  (set.metadata.generation ?? 0) !==
  ((status(set) as { readonly observedGeneration?: number }).observedGeneration ?? 0);

/** @returns whether it is done. */
function roll(world: World, resource: (typeof ROLLED)[number], set: KubeObject): boolean {
  switch (resource) {
    case 'deployments':
      return rollDeployment(world, set);
    case 'statefulsets':
      return rollStatefulSet(world, set);
    case 'daemonsets':
      return rollDaemonSet(world, set);
  }
}

function observed(world: World, resource: KubeResource, set: KubeObject, figures: object): true {
  putObject(world, resource, {
    ...set,
    status: { ...status(set), ...figures, observedGeneration: set.metadata.generation },
  });
  return true;
}

/** New pods first, then the old ones go: as with the usual 25 % of surge. */
function rollDeployment(world: World, deployment: KubeObject): boolean {
  const replicas = replicasOf(deployment);
  const sets = listObjects(world, 'replicasets').filter(
    (set) => ownerOf(set)?.uid === deployment.metadata.uid,
  );
  const wanted = templateOf(deployment);
  const isWanted = (set: KubeObject): boolean => {
    const template = templateOf(set);
    return (
      isDeepStrictEqual(said(template.spec), said(wanted.spec)) &&
      isDeepStrictEqual(said(template.metadata?.annotations), said(wanted.metadata?.annotations))
    );
  };
  const found = sets.find(isWanted) ?? createReplicaSet(world, deployment, wanted);
  const current = scaled(world, newest(world, found, sets), replicas);
  if (podsOf(world, current).filter(isPodReady).length < replicas) return false;
  for (const old of sets) {
    if (old.metadata.uid !== current.metadata.uid) scaled(world, old, 0);
  }
  return observed(world, 'deployments', withRevision(deployment, revisionOf(current)), {
    ...figuresOf(replicas),
    updatedReplicas: replicas,
    conditions: [
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
      },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ],
  });
}

/** Clients write `resources: {}` where nothing was said (rollout undo sends a template as its types encode it). */
function said(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(said);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, said(inner)] as const)
    .filter(([, inner]) => inner !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

const REVISION = 'deployment.kubernetes.io/revision';

const revisionOf = ({ metadata }: KubeObject): number =>
  Number(metadata.annotations?.[REVISION] ?? 0);

const withRevision = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [REVISION]: String(revision) },
  },
});

/** The set that is rolled out has the highest number, even if it is an old one (deployment/util: SetNewReplicaSetAnnotations). */
function newest(world: World, set: KubeObject, all: readonly KubeObject[]): KubeObject {
  const highest = Math.max(
    0,
    ...all.filter(({ metadata }) => metadata.uid !== set.metadata.uid).map(revisionOf),
  );
  return revisionOf(set) > highest
    ? set
    : putObject(world, 'replicasets', withRevision(set, highest + 1));
}

const figuresOf = (replicas: number) => ({
  availableReplicas: replicas,
  readyReplicas: replicas,
  replicas,
});

function scaled(world: World, set: KubeObject, replicas: number): KubeObject {
  for (const pod of podsOf(world, set).slice(replicas)) {
    deletePod(world, pod.metadata.namespace ?? 'default', pod.metadata.name);
  }
  if (replicasOf(set) === replicas) return set;
  return putObject(world, 'replicasets', {
    ...set,
    spec: { ...spec(set), replicas },
    status: { ...figuresOf(replicas), observedGeneration: set.metadata.generation },
  });
}

function createReplicaSet(world: World, deployment: KubeObject, template: Template): KubeObject {
  const { name, namespace = 'default', uid } = deployment.metadata;
  const digest = createHash('sha256').update(JSON.stringify(template)).digest('hex');
  const hash = digest.slice(0, HASH_CHARACTERS);
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  const replicas = replicasOf(deployment);
  return putObject(world, 'replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      generation: 1,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { ...figuresOf(replicas), observedGeneration: 1 },
  });
}

const imageOf = (set: KubeObject): string => templateOf(set).spec?.containers?.[0]?.image ?? '';

const podImage = (pod: KubeObject): string =>
  (pod.spec as Template['spec'] | undefined)?.containers?.[0]?.image ?? '';

/** The controller of replicas makes the pods anew under their names. */
function rollStatefulSet(world: World, set: KubeObject): boolean {
  const replicas = replicasOf(set);
  const pods = podsOf(world, set);
  const [old] = [
    ...pods.filter((pod) => podImage(pod) !== imageOf(set)),
    ...pods.slice(replicas),
  ].slice(-1);
  if (old !== undefined) deletePod(world, set.metadata.namespace ?? 'default', old.metadata.name);
  if (old !== undefined || pods.filter(isPodReady).length < replicas) return false;
  const { generation = 1 } = set.metadata;
  const revision = `${set.metadata.name}-${generation}`;
  return observed(world, 'statefulsets', set, {
    ...figuresOf(replicas),
    currentReplicas: replicas,
    updatedReplicas: replicas,
    currentRevision: revision,
    updateRevision: revision,
  });
}

/** One node after the other (maxUnavailable 1); a node that is away is waited for. */
function rollDaemonSet(world: World, set: KubeObject): boolean {
  const { nodeSelector } = templateOf(set).spec ?? {};
  const all = nodeSelector === undefined ? [...world.nodes.values()] : controlPlanes(world);
  const nodes = all.filter(({ hostname }) => getObject(world, 'nodes', hostname) !== undefined);
  const pods = podsOf(world, set);
  const [old] = pods.filter((pod) => podImage(pod) !== imageOf(set));
  if (old !== undefined) deletePod(world, set.metadata.namespace ?? 'default', old.metadata.name);
  for (const node of nodes) {
    const isThere = pods.some((pod) => podSpec(pod).nodeName === node.hostname);
    if (!isThere && isAlive(node) && node.isKubeletUp) createDaemonPod(world, set, node);
  }
  const count = nodes.length;
  if (old !== undefined || podsOf(world, set).filter(isPodReady).length < count) return false;
  return observed(world, 'daemonsets', set, {
    currentNumberScheduled: count,
    desiredNumberScheduled: count,
    numberAvailable: count,
    numberMisscheduled: 0,
    numberReady: count,
    updatedNumberScheduled: count,
  });
}

function createDaemonPod(world: World, set: KubeObject, node: LabNode): void {
  const { name, namespace = 'default', uid } = set.metadata;
  const order = {
    namespace,
    name: `${name}-${randomSuffix(world)}`,
    node,
    image: imageOf(set),
    labels: templateOf(set).metadata?.labels ?? {},
    owner: { apiVersion: 'apps/v1', kind: 'DaemonSet', name, uid },
    isHostNetwork: true,
    toleratesAll: true,
  };
  putObject(world, 'pods', podDraft(world, order, world.clock.now()));
}
