import { type KubeDraft, kubeTime } from './kube-store.js';
import type { KubeObject, LabNode, World } from './types.js';
import { coresOf, memoryBytesOf, vmOf } from './vm.js';

export const NODE_LEASE_SECONDS = 40;
const KIB = 1024;
/** The log of a file system of XFS and its bookkeeping, which statfs leaves out. */
const XFS_OWN_BYTES = 64 * 1024 ** 2;
/** Forty days and some hours: every node shows the same age. */
const CLUSTER_AGE_MS = 40.2 * 86_400_000;
const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

export interface Taint {
  readonly key: string;
  readonly effect: string;
  readonly value?: string;
  readonly timeAdded?: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastHeartbeatTime: string;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

const PRESSURES: readonly (readonly [string, string, string])[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
];

export const spec = (object: KubeObject): Readonly<Record<string, unknown>> =>
  (object.spec ?? {}) as Readonly<Record<string, unknown>>;

export const status = (object: KubeObject): Readonly<Record<string, unknown>> =>
  (object.status ?? {}) as Readonly<Record<string, unknown>>;

export const conditionsOf = (object: KubeObject): readonly Condition[] =>
  (status(object).conditions ?? []) as readonly Condition[];

export const taintsOf = (object: KubeObject): readonly Taint[] =>
  (spec(object).taints ?? []) as readonly Taint[];

export const readyStatus = (object: KubeObject): string =>
  conditionsOf(object).find(({ type }) => type === 'Ready')?.status ?? 'Unknown';

/** The node object that a healthy kubelet and Talos' node controllers keep. */
export function nodeDraft(world: World, node: LabNode): KubeDraft {
  const { facts } = world;
  const vm = vmOf(world, node);
  const isControlPlane = node.role === 'controlplane';
  const podCidr = `10.244.${node.index % 256}.0/24`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.hostname,
      creationTimestamp: kubeTime(world.facts.startedAtMs - CLUSTER_AGE_MS + node.index * 1000),
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'extensions.talos.dev/iscsi-tools': 'v0.2.0',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': node.hostname,
        'kubernetes.io/os': 'linux',
        ...(isControlPlane
          ? {
              [CONTROL_PLANE_LABEL]: '',
              'node.kubernetes.io/exclude-from-external-load-balancers': '',
            }
          : {}),
      },
      annotations: {
        'talos.dev/owned-labels': isControlPlane ? `["${CONTROL_PLANE_LABEL}"]` : '[]',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      podCIDR: podCidr,
      podCIDRs: [podCidr],
      ...(isControlPlane ? { taints: [{ key: CONTROL_PLANE_LABEL, effect: 'NoSchedule' }] } : {}),
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: node.address },
        { type: 'Hostname', address: node.hostname },
      ],
      ...resources({
        cores: vm === undefined ? 4 : coresOf(vm),
        memoryBytes: vm === undefined ? 0 : memoryBytesOf(vm),
        diskBytes: Math.max(0, (node.machine.systemDisk?.ephemeralBytes ?? 0) - XFS_OWN_BYTES),
      }),
      conditions: readyConditions(world.clock.now(), node.bootedAtMs + 25_000),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: node.bootId,
        containerRuntimeVersion: 'containerd://2.1.6',
        kernelVersion: '6.18.9-talos',
        kubeProxyVersion: '',
        kubeletVersion: node.machine.kubernetes.get('kubelet') ?? facts.kubernetesVersion,
        machineID: node.smbiosUuid.replaceAll('-', ''),
        operatingSystem: 'linux',
        osImage: `Talos (${node.talosVersion})`,
        systemUUID: node.smbiosUuid,
      },
    },
  };
}

interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** What the kubelet finds below /var. */
  readonly diskBytes: number;
}

function resources({ cores, memoryBytes, diskBytes }: Machine): Readonly<Record<string, unknown>> {
  const memoryKib = Math.floor(memoryBytes / KIB) - 98_304;
  const common = { 'ephemeral-storage': `${Math.floor(diskBytes / KIB)}Ki`, pods: '110' };
  return {
    capacity: { cpu: String(cores), memory: `${memoryKib}Ki`, ...common },
    allocatable: { cpu: `${cores * 1000 - 50}m`, memory: `${memoryKib - 524_288}Ki`, ...common },
  };
}

export function readyConditions(nowMs: number, sinceMs: number): readonly Condition[] {
  const times = { lastHeartbeatTime: kubeTime(nowMs), lastTransitionTime: kubeTime(sinceMs) };
  return [
    ...PRESSURES.map(([type, reason, message]) => ({
      type,
      status: 'False',
      ...times,
      reason,
      message,
    })),
    {
      type: 'Ready',
      status: 'True',
      ...times,
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
    },
  ];
}
