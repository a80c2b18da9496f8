import { isKubeWritable } from './api-server.js';
import { hasNetworkPlugin } from './cni.js';
import { recordEvent } from './kube-events.js';
import {
  type Condition,
  NODE_LEASE_SECONDS,
  nodeDraft,
  readyConditions,
  spec,
  status,
  type Taint,
  taintsOf,
} from './kube-node.js';
import { getObject, kubeTime, putObject } from './kube-store.js';
import { requestCertificates } from './kubelet-certificates.js';
import { renewLease } from './leases.js';
import { isAlive, touchNode } from './node.js';
import type { KubeObject, LabNode, World } from './types.js';
import { markPodsUnready, resumePods } from './workloads.js';

/** Kubelet defaults: lease every 10 s, node status every 5 min when nothing changed. */
const LEASE_RENEWAL_MS = 10_000;
const STATUS_REPORT_MS = 300_000;
/** CNI comes up after the kubelet. */
const NETWORK_READY_MS = 4000;
const SECOND_MS = 1000;
const NO_NETWORK =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
/** Behind by more than this and no certificate is valid yet; ahead by more and all have ended. */
const LEAST_SKEW_MS = -3_600_000;
const MOST_SKEW_MS = 365 * 86_400_000;

const NOT_READY_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** x509 looks at the clock of the machine that asks. */
const believesCertificates = ({ machine }: LabNode): boolean =>
  machine.clockSkewMs > LEAST_SKEW_MS && machine.clockSkewMs < MOST_SKEW_MS;

const canReport = (world: World, node: LabNode): boolean =>
  node.isKubeletUp && isAlive(node) && believesCertificates(node) && isKubeWritable(world);

/** A machine that has been a node for long. */
export function runKubelet(world: World, node: LabNode): void {
  renewNodeLease(world, node);
  followKubelet(world, node);
}

/** From its first boot on, and while it is a machine of this lab. */
export function followKubelet(world: World, node: LabNode): void {
  const firstMs = world.random.int(200, LEASE_RENEWAL_MS);
  world.clock.every(
    LEASE_RENEWAL_MS,
    () => {
      if (!canReport(world, node)) return;
      renewNodeLease(world, node);
      reviveNode(world, node);
    },
    firstMs,
  );
  world.clock.every(
    STATUS_REPORT_MS,
    () => {
      if (canReport(world, node)) reportHeartbeat(world, node);
    },
    world.random.int(1000, STATUS_REPORT_MS),
  );
}

function renewNodeLease(world: World, node: LabNode): void {
  renewLease(world, {
    namespace: 'kube-node-lease',
    name: node.hostname,
    holder: node.hostname,
    durationSeconds: NODE_LEASE_SECONDS,
  });
}

/** The kubelet that was written off answers again: it posts its whole status. */
function reviveNode(world: World, node: LabNode): void {
  const object = getObject(world, 'nodes', node.hostname);
  const isWrittenOff = object !== undefined && readyReason(object) === 'NodeStatusUnknown';
  const hadNoNetwork = object !== undefined && lacksNetworkForLong(world, object);
  const isBooting = node.stage === 'booting';
  if (!hasNetworkPlugin(world)) {
    if (isWrittenOff) loseNetwork(world, node);
    return;
  }
  if (!isWrittenOff && (!hadNoNetwork || isBooting)) return;
  reportReady(world, node);
  resumePods(world, node.hostname, false);
}

const readyCondition = (object: KubeObject): Condition | undefined =>
  (status(object).conditions as readonly Condition[]).find(({ type }) => type === 'Ready');

const readyReason = (object: KubeObject): string => readyCondition(object)?.reason ?? '';

/** A kubelet that has just started comes to it by itself. */
function lacksNetworkForLong(world: World, object: KubeObject): boolean {
  const ready = readyCondition(object);
  const sinceMs = Date.parse(ready?.lastTransitionTime ?? '');
  return (
    ready?.message === NO_NETWORK && world.clock.now() - sinceMs > NETWORK_READY_MS + SECOND_MS
  );
}

/** The kubelet works, and the pods of its node have no network. */
export function loseNetwork(world: World, node: LabNode): void {
  const nowMs = world.clock.now();
  setConditions(world, node, withoutNetwork(nowMs));
  setTaints(world, node, ['node.kubernetes.io/not-ready']);
  const message = `Node ${node.hostname} status is now: NodeNotReady`;
  nodeEvent(world, node, 'Normal', 'NodeNotReady', message);
  touchNode(world, node);
}

const withoutNetwork = (nowMs: number): readonly Condition[] =>
  readyConditions(nowMs, nowMs).map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False', reason: 'KubeletNotReady', message: NO_NETWORK }
      : condition,
  );

/** The kubelet process has started: the node is registered or updated, not ready until CNI works. */
export function kubeletStarts(world: World, node: LabNode): void {
  node.isKubeletUp = true;
  touchNode(world, node);
  const epoch = node.powerEpoch;
  const attempt = (): void => {
    if (epoch !== node.powerEpoch || !node.isKubeletUp) return;
    if (!canReport(world, node)) {
      world.clock.after(2000, attempt);
      return;
    }
    reportBoot(world, node);
    requestCertificates(world, node);
    world.clock.after(NETWORK_READY_MS, () => {
      const isReady = epoch === node.powerEpoch && canReport(world, node);
      if (isReady && hasNetworkPlugin(world)) reportReady(world, node);
    });
  };
  attempt();
}

function reportBoot(world: World, node: LabNode): void {
  const draft = nodeDraft(world, node);
  const old = getObject(world, 'nodes', node.hostname);
  const nodeInfo = (status(draft as KubeObject).nodeInfo ?? {}) as { readonly bootID?: string };
  const oldInfo = (old === undefined ? {} : status(old).nodeInfo) as { readonly bootID?: string };
  const isRebooted = old !== undefined && oldInfo.bootID !== nodeInfo.bootID;
  const nowMs = world.clock.now();
  putObject(world, 'nodes', {
    ...draft,
    metadata: {
      ...draft.metadata,
      creationTimestamp: kubeTime(world.clock.now()),
      ...old?.metadata,
    },
    spec: old?.spec ?? draft.spec,
    status: {
      ...(draft.status as object),
      conditions: withoutNetwork(nowMs),
    },
  });
  renewNodeLease(world, node);
  setTaints(world, node, ['node.kubernetes.io/not-ready']);
  resumePods(world, node.hostname, true);
  nodeEvent(world, node, 'Normal', 'Starting', 'Starting kubelet.');
  if (isRebooted) {
    const message = `Node ${node.hostname} has been rebooted, boot id: ${node.bootId}`;
    nodeEvent(world, node, 'Warning', 'Rebooted', message);
  }
  touchNode(world, node);
}

/** The kubelet's graceful shutdown reports the node not ready. */
export function kubeletSaysGoodbye(world: World, node: LabNode): void {
  const nowMs = world.clock.now();
  setConditions(
    world,
    node,
    readyConditions(nowMs, nowMs).map((condition) =>
      condition.type === 'Ready'
        ? {
            ...condition,
            status: 'False',
            reason: 'KubeletNotReady',
            message: 'node is shutting down',
          }
        : condition,
    ),
  );
  setTaints(world, node, ['node.kubernetes.io/not-ready']);
  for (const reason of ['NodeNotSchedulable', 'NodeNotReady']) {
    const message = `Node ${node.hostname} status is now: ${reason}`;
    nodeEvent(world, node, 'Normal', reason, message);
  }
  markPodsUnready(world, node.hostname);
}

const CORDONED_BY_TALOS = 'talos.dev/cordoned';

/** Talos marks its own cordons, and lifts only those after a boot. */
export function setCordon(
  world: World,
  node: LabNode,
  isCordoned: boolean,
  by: 'talos' | 'operator',
): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  const { [CORDONED_BY_TALOS]: mark, ...annotations } = object.metadata.annotations ?? {};
  const isCordonedNow = spec(object).unschedulable === true;
  if (by === 'talos' && (isCordoned ? isCordonedNow : mark === undefined)) return;
  const { unschedulable: _, ...rest } = spec(object);
  putObject(world, 'nodes', {
    ...object,
    metadata: {
      ...object.metadata,
      annotations:
        by === 'talos' && isCordoned
          ? { ...annotations, [CORDONED_BY_TALOS]: 'true' }
          : annotations,
    },
    spec: isCordoned ? { ...rest, unschedulable: true } : rest,
  });
}

function reportReady(world: World, node: LabNode): void {
  const nowMs = world.clock.now();
  setConditions(world, node, readyConditions(nowMs, nowMs));
  setTaints(world, node, []);
  setCordon(world, node, false, 'talos');
  nodeEvent(world, node, 'Normal', 'NodeReady', `Node ${node.hostname} status is now: NodeReady`);
  touchNode(world, node);
}

function reportHeartbeat(world: World, node: LabNode): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  const lastHeartbeatTime = kubeTime(world.clock.now());
  const conditions = status(object).conditions as readonly Condition[];
  setConditions(
    world,
    node,
    conditions.map((condition) => ({ ...condition, lastHeartbeatTime })),
  );
}

/** No-op when the object is gone: somebody deleted the node. */
export function setConditions(world: World, node: LabNode, conditions: readonly Condition[]): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  putObject(world, 'nodes', { ...object, status: { ...status(object), conditions } });
}

/** Replaces the taints of the node life cycle, keeps all others. */
export function setTaints(world: World, node: LabNode, keys: readonly string[]): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  const kept = taintsOf(object).filter(({ key }) => !NOT_READY_TAINTS.includes(key));
  const timeAdded = kubeTime(world.clock.now());
  const added = keys.flatMap((key): readonly Taint[] => [
    { key, effect: 'NoSchedule', timeAdded },
    { key, effect: 'NoExecute', timeAdded },
  ]);
  const { taints: _, ...rest } = spec(object);
  const taints = [...kept, ...added];
  putObject(world, 'nodes', {
    ...object,
    spec: taints.length === 0 ? rest : { ...rest, taints },
  });
}

export function nodeEvent(
  world: World,
  node: LabNode,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  component = 'kubelet',
): void {
  recordEvent(world, {
    type,
    reason,
    message,
    kind: 'Node',
    name: node.hostname,
    component,
    ...(component === 'kubelet' ? { host: node.hostname } : {}),
  });
}
