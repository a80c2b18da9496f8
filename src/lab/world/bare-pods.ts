import { isKubeWritable } from './api-server.js';
import { recordEvent } from './kube-events.js';
import { changeReader, getObject, kubeTime, putObject } from './kube-store.js';
import { podSpec, podStatus } from './pods.js';
import type { KubeObject, LabNode, World } from './types.js';
import { pickHome } from './workloads.js';

/** The scheduler, the image and the start of a container. */
const START_MS = 2000;

interface Container {
  readonly name: string;
  readonly image: string;
}

const isBare = (pod: KubeObject): boolean =>
  pod.metadata.ownerReferences === undefined && podStatus(pod).phase === 'Pending';

/** Pods that somebody makes by hand get a node and run there; nobody replaces them. */
export function runBarePods(world: World): void {
  const read = changeReader(world, 'pods');
  world.subscribe((topics) => {
    if (!topics.includes('kube:pods')) return;
    for (const { type, object } of read()) {
      if (type !== 'ADDED' || !isBare(object)) continue;
      const { name, namespace, uid } = object.metadata;
      world.clock.after(START_MS, () => {
        const pod = getObject(world, 'pods', name, namespace);
        if (pod?.metadata.uid === uid && isBare(pod) && isKubeWritable(world)) start(world, pod);
      });
    }
  });
}

function start(world: World, pod: KubeObject): void {
  const named = podSpec(pod).nodeName;
  const home = named === undefined ? pickHome(world) : (world.nodes.get(named) ?? null);
  const { name, namespace } = pod.metadata;
  const event = { kind: 'Pod', name, ...(namespace === undefined ? {} : { namespace }) };
  if (home === null) {
    recordEvent(world, {
      ...event,
      type: 'Warning',
      reason: 'FailedScheduling',
      message: `0/${world.nodes.size} nodes are available`,
      component: 'default-scheduler',
    });
    return;
  }
  putObject(world, 'pods', {
    ...pod,
    spec: { ...(pod.spec as object), nodeName: home.hostname },
    status: runs(world, pod, home),
  });
  recordEvent(world, {
    ...event,
    type: 'Normal',
    reason: 'Started',
    message: 'Container started',
    component: 'kubelet',
    host: home.hostname,
  });
}

function runs(world: World, pod: KubeObject, node: LabNode): Readonly<Record<string, unknown>> {
  const spec = (pod.spec ?? {}) as {
    readonly containers?: readonly Container[];
    readonly hostNetwork?: boolean;
  };
  const now = kubeTime(world.clock.now());
  const podIP =
    spec.hostNetwork === true
      ? node.address
      : `10.244.${node.index % 256}.${world.random.int(2, 250)}`;
  return {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    })),
    hostIP: node.address,
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    qosClass: 'BestEffort',
    containerStatuses: (spec.containers ?? []).map(({ name, image }) => ({
      name,
      image,
      imageID: '',
      containerID: `containerd://${world.random.hex(64)}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
      lastState: {},
    })),
  };
}
