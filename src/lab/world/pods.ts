import { type KubeDraft, kubeTime } from './kube-store.js';
import type { KubeObject, LabNode, World } from './types.js';

export interface PodOrder {
  readonly namespace: string;
  /** Full name, or what the random suffix is appended to. */
  readonly name: string;
  readonly node: LabNode | null;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly isHostNetwork?: boolean;
  /** Tolerates every taint: DaemonSets and static pods. */
  readonly toleratesAll?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
  readonly reason?: string;
}

interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly PodCondition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly podIP?: string;
}

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly [field: string]: unknown;
}

/** kubelet's default for everything that a node loss should move: five minutes. */
const DEFAULT_TOLERATIONS = ['not-ready', 'unreachable'].map((name) => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

export const podSpec = (pod: KubeObject): { readonly nodeName?: string } =>
  (pod.spec ?? {}) as { readonly nodeName?: string };

export const podStatus = (pod: KubeObject): PodStatus => (pod.status ?? {}) as PodStatus;

export const isPodReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (podStatus(pod).conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );

export const ownerOf = (pod: KubeObject) =>
  pod.metadata.ownerReferences?.find(({ controller }) => controller === true);

/** Static pods and DaemonSet pods stay with their node, whatever happens to it. */
export const isBoundToNode = (pod: KubeObject): boolean =>
  ['Node', 'DaemonSet'].includes(ownerOf(pod)?.kind ?? '');

/** As charts call it; else what its owner is called, without the hash of a template. */
const containerName = ({ labels, owner }: PodOrder): string =>
  labels['k8s-app'] ??
  labels.app ??
  labels['app.kubernetes.io/name'] ??
  (owner.kind === 'ReplicaSet' ? owner.name.replace(/-[^-]+$/, '') : owner.name);

export function podDraft(world: World, order: PodOrder, createdAtMs: number): KubeDraft {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: order.name,
      namespace: order.namespace,
      creationTimestamp: kubeTime(createdAtMs),
      labels: order.labels,
      ...(order.annotations === undefined ? {} : { annotations: order.annotations }),
      ownerReferences: [{ ...order.owner, controller: true }],
    },
    spec: {
      containers: [{ name: containerName(order), image: order.image }],
      ...(order.isHostNetwork === true ? { hostNetwork: true } : {}),
      ...(order.node === null ? {} : { nodeName: order.node.hostname }),
      tolerations: order.toleratesAll === true ? [{ operator: 'Exists' }] : DEFAULT_TOLERATIONS,
      terminationGracePeriodSeconds: 30,
      restartPolicy: 'Always',
    },
    status:
      order.node === null
        ? { phase: 'Pending', conditions: [condition('PodScheduled', false, createdAtMs)] }
        : runningStatus(world, order, order.node, createdAtMs),
  };
}

function runningStatus(
  world: World,
  order: PodOrder,
  node: LabNode,
  atMs: number,
): Readonly<Record<string, unknown>> {
  const podIp =
    order.isHostNetwork === true
      ? node.address
      : `10.244.${node.index % 256}.${world.random.int(2, 250)}`;
  const name = containerName(order);
  return {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) =>
      condition(type, true, atMs),
    ),
    hostIP: node.address,
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    startTime: kubeTime(atMs),
    qosClass: 'Burstable',
    containerStatuses: [
      {
        name,
        image: order.image,
        imageID: '',
        containerID: `containerd://${world.random.hex(64)}`,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: kubeTime(atMs + 2000) } },
        lastState: {},
      },
    ],
  };
}

const condition = (type: string, isTrue: boolean, atMs: number): PodCondition => ({
  type,
  status: isTrue ? 'True' : 'False',
  lastTransitionTime: kubeTime(atMs),
});

/** The same pod with its readiness changed, as kubelet (or, for a lost node, the node controller) writes it. */
export function withReadiness(pod: KubeObject, isReady: boolean, atMs: number): KubeObject {
  const old = podStatus(pod);
  return {
    ...pod,
    status: {
      ...old,
      conditions: (old.conditions ?? []).map((entry) =>
        ['Ready', 'ContainersReady'].includes(entry.type)
          ? condition(entry.type, isReady, atMs)
          : entry,
      ),
      containerStatuses: (old.containerStatuses ?? []).map((entry) => ({
        ...entry,
        ready: isReady,
      })),
    },
  };
}

/** After a boot: every container of the node has been started anew. */
export function restarted(pod: KubeObject, atMs: number): KubeObject {
  const ready = withReadiness(pod, true, atMs);
  const old = podStatus(ready);
  return {
    ...ready,
    status: {
      ...old,
      containerStatuses: (old.containerStatuses ?? []).map((entry) => ({
        ...entry,
        restartCount: entry.restartCount + 1,
        state: { running: { startedAt: kubeTime(atMs) } },
      })),
    },
  };
}
