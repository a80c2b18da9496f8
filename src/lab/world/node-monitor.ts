import { isKubeWritable } from './api-server.js';
import { conditionsOf } from './kube-node.js';
import { getObject, kubeTime } from './kube-store.js';
import { nodeEvent, setConditions, setTaints } from './kubelet.js';
import { controllerManagerHost, leaseRenewedAtMs } from './leases.js';
import { touchNode } from './node.js';
import type { LabNode, World } from './types.js';
import { markPodsUnready } from './workloads.js';

/** kube-controller-manager: `--node-monitor-period`, and `--node-monitor-grace-period` (50 s since 1.32). */
const PERIOD_MS = 5000;
const GRACE_MS = 50_000;

/** Writes off nodes whose kubelet renews no lease: Ready becomes Unknown, taints and events follow. */
export function runNodeMonitor(world: World): void {
  let watchedSinceMs: number | null = world.clock.now();
  world.clock.every(PERIOD_MS, () => {
    if (!isKubeWritable(world) || controllerManagerHost(world) === undefined) {
      watchedSinceMs = null;
      return;
    }
    // A controller manager that has just begun gives every node a fresh grace period.
    watchedSinceMs ??= world.clock.now();
    for (const node of world.nodes.values()) judge(world, node, watchedSinceMs);
  });
}

function judge(world: World, node: LabNode, watchedSinceMs: number): void {
  const lease = getObject(world, 'leases', node.hostname, 'kube-node-lease');
  const seenAtMs = Math.max(leaseRenewedAtMs(lease), watchedSinceMs);
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined || world.clock.now() - seenAtMs <= GRACE_MS) return;
  const conditions = conditionsOf(object);
  if (conditions.every(({ status }) => status === 'Unknown')) return;
  setConditions(
    world,
    node,
    conditions.map((condition) => ({
      ...condition,
      status: 'Unknown',
      lastTransitionTime: kubeTime(world.clock.now()),
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    })),
  );
  setTaints(world, node, ['node.kubernetes.io/unreachable']);
  nodeEvent(
    world,
    node,
    'Normal',
    'NodeNotReady',
    `Node ${node.hostname} status is now: NodeNotReady`,
    'node-controller',
  );
  markPodsUnready(world, node.hostname);
  touchNode(world, node);
}
