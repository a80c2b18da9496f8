import { putObject } from './kube-store.js';
import { controlPlanes } from './node.js';
import { podDraft } from './pods.js';
import type { KubeObject, LabNode, World } from './types.js';
import {
  DAEMONS,
  podTemplate,
  putOld,
  randomSuffix,
  seedDaemon,
  seedStaticPods,
} from './workload-daemons.js';

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system', 'shop'];

export interface Application {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What Kubernetes and Talos make of an empty database: no applications, and no node yet. */
export function seedCluster(world: World): void {
  seedNamespaces(world, NAMESPACES.slice(0, -1));
  const [shop] = NAMESPACES.slice(-1);
  for (const service of SERVICES) if (service.namespace !== shop) seedService(world, service);
  for (const daemon of DAEMONS) seedDaemon(world, daemon, []);
  for (const [index, application] of applicationsFor(2).entries()) {
    if (application.namespace === 'kube-system') seedApplication(world, application, [], index);
  }
}

function seedNamespaces(world: World, names: readonly string[]): void {
  for (const name of names) {
    putOld(world, 'namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
}

/** A plausible few pods per node, all older than the lab. */
export function seedWorkloads(world: World): void {
  seedNamespaces(world, NAMESPACES);
  for (const service of SERVICES) seedService(world, service);
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

interface SeedService {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP: string;
  readonly port: number;
}

const SERVICES: readonly SeedService[] = [
  { namespace: 'default', name: 'kubernetes', clusterIP: '10.96.0.1', port: 443 },
  { namespace: 'kube-system', name: 'kube-dns', clusterIP: '10.96.0.10', port: 53 },
  { namespace: 'shop', name: 'web', clusterIP: '10.98.41.7', port: 80 },
];

function seedService(world: World, { namespace, name, clusterIP, port }: SeedService): void {
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
    spec: { clusterIP, type: 'ClusterIP', ports: [{ name, port, protocol: 'TCP' }] },
    status: { loadBalancer: {} },
  });
}

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

const FIRST_REVISION = { 'deployment.kubernetes.io/revision': '1' };

function seedDeployment(world: World, application: Application): KubeObject {
  const { namespace, name, labels, replicas, image } = application;
  const hash = randomSuffix(world, 9);
  const deployment = putOld(world, 'deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, generation: 1, annotations: FIRST_REVISION },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: podTemplate(labels, image),
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
    },
    status: {
      availableReplicas: replicas,
      observedGeneration: 1,
      readyReplicas: replicas,
      replicas,
      updatedReplicas: replicas,
      // helm@4 (kstatus) waits for it.
      conditions: [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      ],
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
      annotations: FIRST_REVISION,
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
    spec: { replicas, selector: { matchLabels: rsLabels }, template: podTemplate(rsLabels, image) },
    status: {
      availableReplicas: replicas,
      observedGeneration: 1,
      readyReplicas: replicas,
      replicas,
    },
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
      template: podTemplate(labels, image),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    },
    status: {
      availableReplicas: replicas,
      currentReplicas: replicas,
      observedGeneration: 1,
      readyReplicas: replicas,
      replicas,
      updatedReplicas: replicas,
    },
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
