import { isKubeWritable } from './api-server.js';
import { conditionsOf } from './kube-node.js';
import { getObject, kubeTime } from './kube-store.js';
import { nodeEvent, setConditions, setTaints } from './kubelet.js';
import { controllerManagerHost } from './leases.js';
import { touchNode } from './node.js';
import type { LabNode, World } from './types.js';
import { markPodsUnready } from './workloads.js';

/** kube-controller-manager: `--node-monitor-period`, and `--node-monitor-grace-period` (50 s since 1.32). */
const PERIOD_MS = 5000;
const GRACE_MS = 50_000;

interface Sighting {
  readonly version: string;
  readonly atMs: number;
}

/** Writes off nodes whose kubelet renews no lease: Ready becomes Unknown, taints and events follow. */
export function runNodeMonitor(world: World): void {
  const seen = new Map<string, Sighting>();
  world.clock.every(PERIOD_MS, () => {
    if (!isKubeWritable(world) || controllerManagerHost(world) === undefined) {
      // A controller manager that begins anew gives every node a fresh grace period.
      seen.clear();
      return;
    }
    for (const node of world.nodes.values()) judge(world, node, seen);
  });
}

/** Lost = its lease has not changed for too long by our own watch; what the lease says does not count. */
function isLost(world: World, node: LabNode, seen: Map<string, Sighting>): boolean {
  const lease = getObject(world, 'leases', node.hostname, 'kube-node-lease');
  const version = lease?.metadata.resourceVersion ?? '';
  const nowMs = world.clock.monotonicMs();
  const last = seen.get(node.hostname);
  if (last?.version !== version) {
    seen.set(node.hostname, { version, atMs: nowMs });
    return false;
  }
  return nowMs - last.atMs > GRACE_MS;
}

function judge(world: World, node: LabNode, seen: Map<string, Sighting>): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined || !isLost(world, node, seen)) return;
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
