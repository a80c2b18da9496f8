import { type KubeDraft, kubeTime, putObject } from './kube-store.js';
import { controlPlanes } from './node.js';
import { podDraft, podSpec } from './pods.js';
import type { KubeObject, KubeResource, LabNode, World } from './types.js';

const DAY_MS = 86_400_000;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export interface Daemon {
  readonly name: string;
  readonly image: string;
  /** Default `kube-system`. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly controlPlanesOnly?: boolean;
}

export const DAEMONS: readonly Daemon[] = [
  { name: 'kube-flannel', image: 'ghcr.io/siderolabs/flannel:v0.27.4' },
  { name: 'kube-proxy', image: 'registry.k8s.io/kube-proxy:v1.35.0' },
];

const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

export function putOld(world: World, resource: KubeResource, draft: KubeDraft): KubeObject {
  const isFounded = world.kube.foundings > 0;
  const createdAtMs = isFounded ? world.clock.now() : world.facts.startedAtMs - 40 * DAY_MS;
  return putObject(world, resource, {
    ...draft,
    metadata: { creationTimestamp: kubeTime(createdAtMs), ...draft.metadata },
  });
}

export const randomSuffix = (world: World, length = 5): string =>
  world.random.text(length, SUFFIX_ALPHABET);

/** What a pod of a set looks like. */
export const podTemplate = (
  labels: Readonly<Record<string, string>>,
  image: string,
  controlPlanesOnly = false,
): PodTemplate => ({
  metadata: { labels },
  spec: {
    containers: [{ name: Object.values(labels)[0] ?? 'main', image }],
    ...(controlPlanesOnly ? { nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } } : {}),
  },
});

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly { readonly name: string; readonly image: string }[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
  };
}

/** Pods that come with a node: of every DaemonSet that wants it, and the mirrors of static pods. */
export function seedNodePods(world: World, node: LabNode, isControlPlane: boolean): void {
  if (isControlPlane) seedStaticPods(world, node);
  for (const set of world.kube.objects.get('daemonsets')?.values() ?? []) {
    const { template: pod } = set.spec as { readonly template: PodTemplate };
    if (pod.spec.nodeSelector !== undefined && !isControlPlane) continue;
    if (hasPodOf(world, set, node)) continue;
    seedDaemonPod(world, set, node, pod.spec.containers[0]?.image ?? '');
  }
}

/** A node that registers again keeps the pods that it has. */
const hasPodOf = (world: World, { metadata }: KubeObject, node: LabNode): boolean =>
  [...(world.kube.objects.get('pods')?.values() ?? [])].some(
    (pod) =>
      podSpec(pod).nodeName === node.hostname &&
      pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true,
  );

export function seedStaticPods(world: World, node: LabNode): void {
  for (const name of STATIC_PODS) {
    const draft = podDraft(
      world,
      {
        namespace: 'kube-system',
        name: `${name}-${node.hostname}`,
        node,
        image: `registry.k8s.io/${name}:${world.facts.kubernetesVersion}`,
        labels: { 'k8s-app': name, tier: 'control-plane' },
        owner: { apiVersion: 'v1', kind: 'Node', name: node.hostname, uid: node.smbiosUuid },
        isHostNetwork: true,
        toleratesAll: true,
        annotations: {
          'kubernetes.io/config.source': 'file',
          'kubernetes.io/config.mirror': 'true',
        },
      },
      node.bootedAtMs + 22_000,
    );
    putObject(world, 'pods', draft);
  }
}

/** Which nodes have it, unless told: all that it wants. */
export function seedDaemon(
  world: World,
  daemon: Daemon,
  nodes: readonly LabNode[] = daemon.controlPlanesOnly
    ? controlPlanes(world)
    : [...world.nodes.values()],
): void {
  const { namespace = 'kube-system' } = daemon;
  const count = nodes.length;
  const labels = daemon.labels ?? { 'k8s-app': daemon.name };
  const set = putOld(world, 'daemonsets', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: daemon.name, namespace, generation: 1, labels },
    spec: {
      selector: { matchLabels: labels },
      template: podTemplate(labels, daemon.image, daemon.controlPlanesOnly),
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
      },
    },
    status: {
      currentNumberScheduled: count,
      desiredNumberScheduled: count,
      numberAvailable: count,
      numberMisscheduled: 0,
      numberReady: count,
      observedGeneration: 1,
      updatedNumberScheduled: count,
    },
  });
  for (const node of nodes) seedDaemonPod(world, set, node, daemon.image);
}

function seedDaemonPod(world: World, set: KubeObject, node: LabNode, image: string): void {
  const { name, namespace = 'kube-system', labels = {}, uid } = set.metadata;
  const order = {
    namespace,
    name: `${name}-${randomSuffix(world)}`,
    node,
    image,
    labels,
    owner: { apiVersion: 'apps/v1', kind: 'DaemonSet', name, uid },
    isHostNetwork: true,
    toleratesAll: true,
  };
  putObject(world, 'pods', podDraft(world, order, node.bootedAtMs + 26_000));
}
