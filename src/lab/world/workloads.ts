import { isKubeWritable } from './api-server.js';
import { admitNode } from './kube-founding.js';
import { spec, status, taintsOf } from './kube-node.js';
import {
  changeReader,
  getObject,
  kubeTime,
  listObjects,
  putObject,
  removeObject,
} from './kube-store.js';
import { controllerManagerHost } from './leases.js';
import { isAlive } from './node.js';
import {
  isBoundToNode,
  isPodReady,
  ownerOf,
  podDraft,
  podSpec,
  restarted,
  withReadiness,
} from './pods.js';
import type { KubeObject, LabNode, Topic, World } from './types.js';
import { randomSuffix } from './workload-daemons.js';

const RECONCILE_MS = 2000;
const STOP_POD_MS = 1500;
/** tolerationSeconds that the admission gives every ordinary pod. */
const EVICTION_AFTER_MS = 300_000;

interface Scale {
  readonly replicas?: number;
  readonly template?: {
    readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
  };
}

const MOVING: readonly Topic[] = [
  'kube:pods',
  'kube:nodes',
  'kube:poddisruptionbudgets',
  'kube:replicasets',
  'kube:statefulsets',
];

/** Kubernetes' own controllers for pods: replicas, budgets, eviction from lost nodes, the scheduler. */
export function runWorkloads(world: World): void {
  refreshBudgets(world);
  let isDirty = true;
  const read = changeReader(world, 'nodes');
  world.subscribe((topics) => {
    if (MOVING.some((topic) => topics.includes(topic))) isDirty = true;
    if (topics.includes('kube:nodes')) {
      for (const { type, object } of read()) {
        if (type === 'ADDED') admitNode(world, object);
        if (type !== 'DELETED') taintCordoned(world, object);
      }
    }
  });
  world.clock.every(RECONCILE_MS, () => {
    if (!isDirty || !isKubeWritable(world) || controllerManagerHost(world) === undefined) return;
    isDirty = false;
    evictFromLostNodes(world);
    finishDeletions(world);
    for (const set of listObjects(world, 'replicasets')) reconcileSet(world, set);
    for (const set of listObjects(world, 'statefulsets')) reconcileSet(world, set);
    refreshBudgets(world);
    // A lost node's pods are due later without any further change.
    isDirty = lostNodes(world).length > 0 || pendingPods(world);
  });
}

const podsOn = (world: World, hostname: string): readonly KubeObject[] =>
  listObjects(world, 'pods').filter((pod) => podSpec(pod).nodeName === hostname);

export function markPodsUnready(world: World, hostname: string): void {
  for (const pod of podsOn(world, hostname)) {
    if (isPodReady(pod)) putObject(world, 'pods', withReadiness(pod, false, world.clock.now()));
  }
}

/** The kubelet is back: pods that were to go are gone now, the others run (after a boot: again). */
export function resumePods(world: World, hostname: string, isBoot: boolean): void {
  for (const pod of podsOn(world, hostname)) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      removeObject(world, 'pods', pod.metadata.name, pod.metadata.namespace);
    } else if (isBoot) putObject(world, 'pods', restarted(pod, world.clock.now()));
    else if (!isPodReady(pod)) {
      putObject(world, 'pods', withReadiness(pod, true, world.clock.now()));
    }
  }
}

/** Deletes with the usual grace; the kubelet of the pod's node finishes it when it can. */
export function deletePod(world: World, namespace: string, name: string): void {
  const pod = getObject(world, 'pods', name, namespace);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
  putObject(world, 'pods', {
    ...pod,
    metadata: {
      ...pod.metadata,
      deletionTimestamp: kubeTime(world.clock.now() + 30_000),
      deletionGracePeriodSeconds: 30,
    },
  });
  world.clock.after(STOP_POD_MS, () => finishDeletions(world));
}

/** The kubelet has stopped the containers: the pod is gone. Without a living node it stays, terminating. */
function finishDeletions(world: World): void {
  if (!isKubeWritable(world)) return;
  for (const pod of listObjects(world, 'pods')) {
    const { deletionTimestamp, name, namespace } = pod.metadata;
    if (deletionTimestamp === undefined) continue;
    const { nodeName } = podSpec(pod);
    const node = world.nodes.get(nodeName ?? '');
    const canStop =
      nodeName === undefined || (node !== undefined && isAlive(node) && node.isKubeletUp);
    if (canStop) removeObject(world, 'pods', name, namespace);
  }
}

/** The eviction subresource. @returns false when a budget forbids it now. */
export function evictPod(world: World, namespace: string, name: string): boolean {
  const pod = getObject(world, 'pods', name, namespace);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return true;
  const isForbidden = listObjects(world, 'poddisruptionbudgets').some(
    (pdb) => covers(pdb, pod) && budgetFigures(world, pdb).disruptionsAllowed <= 0,
  );
  if (isForbidden) return false;
  deletePod(world, namespace, name);
  refreshBudgets(world);
  return true;
}

const covers = (pdb: KubeObject, pod: KubeObject): boolean => {
  const { selector } = spec(pdb) as {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  return (
    pdb.metadata.namespace === pod.metadata.namespace &&
    Object.entries(selector?.matchLabels ?? {}).every(
      ([key, value]) => pod.metadata.labels?.[key] === value,
    )
  );
};

/** A number of pods, or `50%`. */
type Amount = number | string;

/** The disruption controller rounds shares up. */
const amountOf = (amount: Amount, all: number): number =>
  typeof amount === 'number' ? amount : Math.ceil((Number.parseFloat(amount) * all) / 100);

function budgetFigures(world: World, pdb: KubeObject) {
  const pods = listObjects(world, 'pods').filter((pod) => covers(pdb, pod));
  const rule = spec(pdb) as { readonly minAvailable?: Amount; readonly maxUnavailable?: Amount };
  const expectedPods = expectedReplicas(world, pods);
  const unavailable = amountOf(rule.maxUnavailable ?? 0, expectedPods);
  const desiredHealthy =
    rule.minAvailable === undefined
      ? Math.max(0, expectedPods - unavailable)
      : amountOf(rule.minAvailable, expectedPods);
  const currentHealthy = pods.filter(isPodReady).length;
  return {
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed: Math.max(0, currentHealthy - desiredHealthy),
  };
}

/** disruption controller: the scale of the owners, not the pods that happen to exist. */
function expectedReplicas(world: World, pods: readonly KubeObject[]): number {
  const owners = new Map(pods.map((pod) => [ownerOf(pod)?.uid, ownerOf(pod)]));
  return [...owners.values()].reduce((sum, owner) => {
    const resource = owner?.kind === 'StatefulSet' ? 'statefulsets' : 'replicasets';
    const set = listObjects(world, resource).find(({ metadata }) => metadata.uid === owner?.uid);
    return sum + ((set && (spec(set) as Scale).replicas) ?? 0);
  }, 0);
}

function refreshBudgets(world: World): void {
  for (const pdb of listObjects(world, 'poddisruptionbudgets')) {
    const figures = { ...budgetFigures(world, pdb), observedGeneration: 1 };
    const old = status(pdb) as Partial<typeof figures>;
    const isSame = Object.entries(figures).every(
      ([key, value]) => old[key as 'expectedPods'] === value,
    );
    if (!isSame) putObject(world, 'poddisruptionbudgets', { ...pdb, status: figures });
  }
}

const isHome = (world: World, node: LabNode): boolean => {
  const object = getObject(world, 'nodes', node.hostname);
  return (
    object !== undefined &&
    spec(object).unschedulable !== true &&
    !taintsOf(object).some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')
  );
};

/** The least busy node that takes pods. */
export function pickHome(world: World): LabNode | null {
  const load = new Map<string, number>();
  for (const pod of listObjects(world, 'pods')) {
    const name = podSpec(pod).nodeName ?? '';
    load.set(name, (load.get(name) ?? 0) + 1);
  }
  const homes = [...world.nodes.values()].filter((node) => isHome(world, node));
  homes.sort((a, b) => (load.get(a.hostname) ?? 0) - (load.get(b.hostname) ?? 0));
  return homes[0] ?? null;
}

/** Replaces missing pods, and gives pending ones a node when there is one. */
function reconcileSet(world: World, set: KubeObject): void {
  const mine = listObjects(world, 'pods').filter((pod) => ownerOf(pod)?.uid === set.metadata.uid);
  for (const pod of mine.filter((candidate) => podSpec(candidate).nodeName === undefined)) {
    if (pickHome(world) === null) continue;
    removeObject(world, 'pods', pod.metadata.name, pod.metadata.namespace);
    createReplica(world, set, pod.metadata.name);
  }
  // A StatefulSet waits until the old pod is really gone: two databases under one name must never be.
  const isStateful = set.kind === 'StatefulSet';
  const counted = isStateful
    ? mine
    : mine.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const { replicas = 0 } = spec(set) as Scale;
  const names = new Set(counted.map((pod) => pod.metadata.name));
  for (let index = counted.length; index < replicas; index += 1) {
    const free = Array.from({ length: replicas }, (_, n) => `${set.metadata.name}-${n}`).find(
      (name) => !names.has(name),
    );
    const name = isStateful && free ? free : `${set.metadata.name}-${randomSuffix(world)}`;
    names.add(name);
    createReplica(world, set, name);
  }
}

function createReplica(world: World, set: KubeObject, name: string): void {
  const { template } = spec(set) as Scale;
  const order = {
    namespace: set.metadata.namespace ?? 'default',
    name,
    node: pickHome(world),
    image: template?.spec?.containers?.[0]?.image ?? '',
    labels: set.metadata.labels ?? {},
    owner: {
      apiVersion: set.apiVersion,
      kind: set.kind,
      name: set.metadata.name,
      uid: set.metadata.uid,
    },
  };
  putObject(world, 'pods', podDraft(world, order, world.clock.now()));
}

const pendingPods = (world: World): boolean =>
  listObjects(world, 'pods').some((pod) => podSpec(pod).nodeName === undefined);

const lostNodes = (
  world: World,
): readonly { readonly hostname: string; readonly sinceMs: number }[] =>
  listObjects(world, 'nodes').flatMap((object) => {
    const taint = taintsOf(object).find(
      ({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute',
    );
    if (taint === undefined) return [];
    return [{ hostname: object.metadata.name, sinceMs: Date.parse(taint.timeAdded ?? '') }];
  });

function evictFromLostNodes(world: World): void {
  for (const { hostname, sinceMs } of lostNodes(world)) {
    if (world.clock.now() - sinceMs < EVICTION_AFTER_MS) continue;
    for (const pod of podsOn(world, hostname)) {
      if (isBoundToNode(pod) || pod.metadata.deletionTimestamp !== undefined) continue;
      deletePod(world, pod.metadata.namespace ?? 'default', pod.metadata.name);
    }
  }
}

/** node-lifecycle controller: `spec.unschedulable` is mirrored by a taint. */
function taintCordoned(world: World, changed: KubeObject): void {
  const object = getObject(world, 'nodes', changed.metadata.name);
  if (object === undefined) return;
  const key = 'node.kubernetes.io/unschedulable';
  const isCordoned = spec(object).unschedulable === true;
  const taints = taintsOf(object);
  if (isCordoned === taints.some((taint) => taint.key === key)) return;
  const kept = taints.filter((taint) => taint.key !== key);
  const added = { key, effect: 'NoSchedule', timeAdded: kubeTime(world.clock.now()) };
  const next = isCordoned ? [...kept, added] : kept;
  const { taints: _, ...rest } = spec(object);
  putObject(world, 'nodes', {
    ...object,
    spec: next.length === 0 ? rest : { ...rest, taints: next },
  });
}
