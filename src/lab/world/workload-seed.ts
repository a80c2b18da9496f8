import { type KubeDraft, kubeTime, putObject } from './kube-store.js';
import { controlPlanes } from './node.js';
import { podDraft } from './pods.js';
import type { KubeObject, KubeResource, LabNode, World } from './types.js';

const DAY_MS = 86_400_000;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system', 'shop'];

export interface Daemon {
  readonly name: string;
  readonly image: string;
  /** Default `kube-system`. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly controlPlanesOnly?: boolean;
}

const DAEMONS: readonly Daemon[] = [
  { name: 'kube-flannel', image: 'ghcr.io/siderolabs/flannel:v0.27.4' },
  { name: 'kube-proxy', image: 'registry.k8s.io/kube-proxy:v1.35.0' },
];

export interface Application {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
}

const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** A plausible few pods per node, all older than the lab. */
export function seedWorkloads(world: World): void {
  for (const name of NAMESPACES) {
    putOld(world, 'namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  seedServices(world);
  for (const node of controlPlanes(world)) seedStaticPods(world, node);
  for (const daemon of DAEMONS) seedDaemon(world, daemon);
  const homes = schedulable(world);
  const applications = applicationsFor(homes.length);
  for (const [index, application] of applications.entries()) {
    seedApplication(world, application, homes, index);
  }
  seedPdbs(world, homes.length);
}

const applicationsFor = (homes: number): readonly Application[] => [
  {
    kind: 'Deployment',
    namespace: 'kube-system',
    name: 'coredns',
    image: 'registry.k8s.io/coredns/coredns:v1.13.2',
    replicas: 2,
    labels: { 'k8s-app': 'kube-dns' },
  },
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    image: 'docker.io/library/nginx:1.29',
    replicas: Math.min(Math.max(2, homes), 40),
    labels: { app: 'web' },
  },
  {
    kind: 'StatefulSet',
    namespace: 'shop',
    name: 'db',
    image: 'docker.io/library/postgres:18',
    replicas: Math.min(2, homes),
    labels: { app: 'db' },
  },
];

/** Workers, or the control planes of a cluster without any. */
export function schedulable(world: World): readonly LabNode[] {
  const all = [...world.nodes.values()];
  const workers = all.filter((node) => node.role === 'worker');
  return workers.length > 0 ? workers : all;
}

export function putOld(world: World, resource: KubeResource, draft: KubeDraft): KubeObject {
  const createdAtMs = world.facts.startedAtMs - 40 * DAY_MS;
  return putObject(world, resource, {
    ...draft,
    metadata: { creationTimestamp: kubeTime(createdAtMs), ...draft.metadata },
  });
}

function seedServices(world: World): void {
  const service = (namespace: string, name: string, clusterIp: string, port: number): void => {
    putOld(world, 'services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace,
        ...(namespace === 'kube-system'
          ? { labels: { 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' } }
          : {}),
      },
      spec: { clusterIP: clusterIp, type: 'ClusterIP', ports: [{ name, port, protocol: 'TCP' }] },
      status: { loadBalancer: {} },
    });
  };
  service('default', 'kubernetes', '10.96.0.1', 443);
  service('kube-system', 'kube-dns', '10.96.0.10', 53);
  service('shop', 'web', '10.98.41.7', 80);
}

function seedStaticPods(world: World, node: LabNode): void {
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

export function seedDaemon(world: World, daemon: Daemon): void {
  const { namespace = 'kube-system' } = daemon;
  const nodes = daemon.controlPlanesOnly ? controlPlanes(world) : [...world.nodes.values()];
  const count = nodes.length;
  const labels = daemon.labels ?? { 'k8s-app': daemon.name };
  const set = putOld(world, 'daemonsets', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: daemon.name, namespace, generation: 1, labels },
    spec: { selector: { matchLabels: labels }, template: template(labels, daemon.image) },
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
  for (const node of nodes) {
    const order = {
      namespace,
      name: `${daemon.name}-${randomSuffix(world)}`,
      node,
      image: daemon.image,
      labels,
      owner: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: daemon.name, uid: set.metadata.uid },
      isHostNetwork: true,
      toleratesAll: true,
    };
    putObject(world, 'pods', podDraft(world, order, node.bootedAtMs + 26_000));
  }
}

export const randomSuffix = (world: World, length = 5): string =>
  world.random.text(length, SUFFIX_ALPHABET);

const template = (labels: Readonly<Record<string, string>>, image: string) => ({
  metadata: { labels },
  spec: { containers: [{ name: Object.values(labels)[0] ?? 'main', image }] },
});

export function seedApplication(
  world: World,
  application: Application,
  homes: readonly LabNode[],
  offset: number,
): void {
  const owner =
    application.kind === 'Deployment'
      ? seedDeployment(world, application)
      : seedStatefulSet(world, application);
  for (let index = 0; index < application.replicas; index += 1) {
    const node = homes[(index + offset) % homes.length];
    if (node === undefined) continue;
    const suffix = owner.kind === 'StatefulSet' ? String(index) : randomSuffix(world);
    const order = {
      namespace: application.namespace,
      name: `${owner.metadata.name}-${suffix}`,
      node,
      image: application.image,
      labels: { ...application.labels, ...podHash(owner) },
      owner: {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.metadata.name,
        uid: owner.metadata.uid,
      },
    };
    putObject(world, 'pods', podDraft(world, order, node.bootedAtMs + 60_000));
  }
}

const podHash = (owner: KubeObject): Readonly<Record<string, string>> => {
  const hash = owner.metadata.labels?.['pod-template-hash'];
  return hash === undefined ? {} : { 'pod-template-hash': hash };
};

function seedDeployment(world: World, application: Application): KubeObject {
  const { namespace, name, labels, replicas, image } = application;
  const hash = randomSuffix(world, 9);
  const deployment = putOld(world, 'deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, generation: 1 },
    spec: { replicas, selector: { matchLabels: labels }, template: template(labels, image) },
    status: {
      availableReplicas: replicas,
      observedGeneration: 1,
      readyReplicas: replicas,
      replicas,
      updatedReplicas: replicas,
    },
  });
  const rsLabels = { ...labels, 'pod-template-hash': hash };
  return putOld(world, 'replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: rsLabels,
      generation: 1,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name,
          uid: deployment.metadata.uid,
          controller: true,
        },
      ],
    },
    spec: { replicas, selector: { matchLabels: rsLabels }, template: template(rsLabels, image) },
    status: { availableReplicas: replicas, readyReplicas: replicas, replicas },
  });
}

function seedStatefulSet(world: World, application: Application): KubeObject {
  const { namespace, name, labels, replicas, image } = application;
  return putOld(world, 'statefulsets', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace, labels, generation: 1 },
    spec: {
      replicas,
      serviceName: name,
      selector: { matchLabels: labels },
      template: template(labels, image),
    },
    status: { availableReplicas: replicas, readyReplicas: replicas, replicas },
  });
}

function seedPdbs(world: World, homes: number): void {
  const pdb = (name: string, rule: Readonly<Record<string, unknown>>): void => {
    putOld(world, 'poddisruptionbudgets', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace: 'shop', generation: 1 },
      spec: { ...rule, selector: { matchLabels: { app: name } } },
      status: {},
    });
  };
  pdb('web', { minAvailable: 1 });
  if (homes > 1) pdb('db', { maxUnavailable: 1 });
}
