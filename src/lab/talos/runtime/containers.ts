import { createHash } from 'node:crypto';
import { listObjects } from '../../world/kube-store.js';
import { podSpec, podStatus } from '../../world/pods.js';
import { fractionOf } from '../../world/random.js';
import type { KubeObject, LabNode, LabService, World } from '../../world/types.js';
import { cpuSampleOf, memoryUsedBytesOf } from '../../world/usage.js';

/** talos@1.12: image of CRI's pod sandboxes. */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';

/** Something that a container runtime of this node runs. */
export interface NodeContainer {
  /** As talosctl shows it: `kube-system/coredns-x:coredns:0123456789ab`. */
  readonly id: string;
  /** The same as `id` for a sandbox. */
  readonly podId: string;
  readonly name: string;
  readonly image: string;
  readonly pid: number;
  readonly status: string;
  readonly internalId: string;
  readonly uid: string;
  readonly networkNamespace: string;
  readonly startedAtMs: number;
  readonly memoryBytes: number;
  readonly cpuNanoseconds: number;
}

/** Services that the system's own containerd runs; etcd and the kubelet live in CRI's. */
const CONTAINERIZED = /^(?:apid|trustd|ext-.*)$/;
/** Shares of a node's memory and busy time that its parts take; the rest is the kernel's and machined's. */
const WEIGHTS: Readonly<Record<string, number>> = {
  'kube-apiserver': 30,
  etcd: 12,
  kubelet: 9,
  'kube-controller-manager': 8,
  'kube-scheduler': 4,
  containerd: 5,
  machined: 6,
  apid: 2,
  trustd: 1,
};
const USUAL_WEIGHT = 3;
const WHOLE = 140;

const hex = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/** A number that belongs to a process as long as it lives. */
export function pidOf(world: World, node: LabNode, name: string): number {
  if (name === 'machined') return 1;
  return 1500 + Math.floor(fractionOf(world.facts.seed, `${node.bootId}:${name}`) * 60_000);
}

export function usageOf(world: World, node: LabNode, name: string, startedAtMs: number) {
  const share =
    ((WEIGHTS[name] ?? USUAL_WEIGHT) / WHOLE) *
    (0.8 + 0.4 * fractionOf(world.facts.seed, `${node.hostname}:${name}`));
  const upMs = Math.max(1, world.clock.now() - node.bootedAtMs);
  const lived = Math.min(1, Math.max(0, (world.clock.now() - startedAtMs) / upMs));
  return {
    memoryBytes: Math.floor(memoryUsedBytesOf(world, node) * share),
    cpuSeconds: cpuSampleOf(world, node).busySeconds * share * lived,
  };
}

/** The pid that the service itself names when it starts. */
export function servicePid(world: World, node: LabNode, service: LabService): number {
  const said = service.events
    .map(({ message }) => /PID (\d+)/.exec(message)?.[1])
    .findLast((pid) => pid !== undefined);
  return said === undefined ? pidOf(world, node, service.id) : Number(said);
}

export function systemContainers(world: World, node: LabNode): readonly NodeContainer[] {
  return [...node.services.values()]
    .filter(({ id, state }) => state === 'Running' && CONTAINERIZED.test(id))
    .map((service) => {
      const startedAtMs = service.events.at(-1)?.atMs ?? node.bootedAtMs;
      const { memoryBytes, cpuSeconds } = usageOf(world, node, service.id, startedAtMs);
      return {
        id: service.id,
        podId: service.id,
        name: service.id,
        image: service.id.startsWith('ext-') ? '' : `talos/${service.id}`,
        pid: servicePid(world, node, service),
        status: 'RUNNING',
        internalId: service.id,
        uid: '',
        networkNamespace: '',
        startedAtMs,
        memoryBytes,
        cpuNanoseconds: Math.floor(cpuSeconds * 1e9),
      };
    });
}

/** Pods as the kubelet runs them: a sandbox, then its containers. */
export function podContainers(world: World, node: LabNode): readonly NodeContainer[] {
  if (node.services.get('cri')?.state !== 'Running' || !node.isKubeletUp) return [];
  return listObjects(world, 'pods')
    .filter((pod) => podSpec(pod).nodeName === node.hostname && podStatus(pod).phase === 'Running')
    .flatMap((pod) => containersOf(world, node, pod));
}

interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly containerID?: string;
  readonly restartCount?: number;
  readonly state?: { readonly running?: { readonly startedAt?: string } };
}

function containersOf(world: World, node: LabNode, pod: KubeObject): readonly NodeContainer[] {
  const podId = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const isHostNetwork = (pod.spec as { readonly hostNetwork?: boolean }).hostNetwork === true;
  const createdAtMs = Date.parse(pod.metadata.creationTimestamp);
  const sandbox: NodeContainer = {
    id: podId,
    podId,
    name: podId,
    image: PAUSE_IMAGE,
    pid: pidOf(world, node, podId),
    status: 'SANDBOX_READY',
    internalId: hex(`${pod.metadata.uid}:${node.bootId}`, 64),
    uid: pod.metadata.uid,
    networkNamespace: isHostNetwork ? '' : `cni-${hex(pod.metadata.uid, 8)}`,
    startedAtMs: Math.max(createdAtMs, node.bootedAtMs),
    memoryBytes: 0,
    cpuNanoseconds: 0,
  };
  const statuses = (podStatus(pod).containerStatuses ??
    []) as unknown as readonly ContainerStatus[];
  const inside = statuses.map((status): NodeContainer => {
    const internalId = (status.containerID ?? '').replace('containerd://', '');
    const runningSince = Date.parse(status.state?.running?.startedAt ?? '');
    const startedAtMs = Number.isNaN(runningSince) ? sandbox.startedAtMs : runningSince;
    const { memoryBytes, cpuSeconds } = usageOf(world, node, status.name, startedAtMs);
    return {
      ...sandbox,
      id: `${podId}:${status.name}:${internalId.slice(0, 12)}`,
      name: status.name,
      image: status.image,
      pid: pidOf(world, node, `${podId}:${status.name}:${status.restartCount ?? 0}`),
      status: 'CONTAINER_RUNNING',
      internalId,
      uid: '',
      startedAtMs,
      memoryBytes,
      cpuNanoseconds: Math.floor(cpuSeconds * 1e9),
    };
  });
  return [sandbox, ...inside];
}
