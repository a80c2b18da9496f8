import { isKubeWritable } from './api-server.js';
import { recordEvent } from './kube-events.js';
import { conditionsOf, spec, taintsOf } from './kube-node.js';
import { getObject, kubeTime, listObjects, putObject, removeObject } from './kube-store.js';
import { nodeEvent, setConditions } from './kubelet.js';
import { isAlive } from './node.js';
import { isBoundToNode, podSpec } from './pods.js';
import type { KubeObject, LabNode, World } from './types.js';
import { vmOf, writtenBytesOf } from './vm.js';

/** kubelet: `--eviction-hard nodefs.available<10%`, looked at every ten seconds. */
const LEAST_AVAILABLE_RATIO = 0.1;
const CHECK_MS = 10_000;
/** `--eviction-pressure-transition-period`: how long it has to be well again. */
const TRANSITION_MS = 300_000;
const TAINT = 'node.kubernetes.io/disk-pressure';

/** How full EPHEMERAL is; 0 before there is one. */
export function ephemeralRatio(world: World, node: LabNode): number {
  const { systemDisk } = node.machine;
  const vm = vmOf(world, node);
  const disk = vm?.disks.find(({ slot }) => slot === systemDisk?.slot);
  const size = systemDisk?.ephemeralBytes ?? 0;
  if (vm === undefined || disk === undefined || size === 0) return 0;
  return Math.min(1, writtenBytesOf(world, vm, disk) / size);
}

/** Somebody's data on /var. @returns whether the node has an EPHEMERAL. */
export function fillEphemeral(world: World, node: LabNode, ratio: number): boolean {
  const { systemDisk } = node.machine;
  const disk = vmOf(world, node)?.disks.find(({ slot }) => slot === systemDisk?.slot);
  if (disk === undefined || systemDisk?.ephemeralBytes === null) return false;
  disk.writtenBytes = Math.floor((systemDisk?.ephemeralBytes ?? 0) * ratio);
  world.touch('pve', `talos:${node.hostname}`);
  return true;
}

const hasPressure = (object: KubeObject): boolean =>
  conditionsOf(object).some(({ type, status }) => type === 'DiskPressure' && status === 'True');

function setPressure(world: World, node: LabNode, isPressed: boolean): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  const now = kubeTime(world.clock.now());
  setConditions(
    world,
    node,
    conditionsOf(object).map((condition) =>
      condition.type === 'DiskPressure'
        ? {
            ...condition,
            status: isPressed ? 'True' : 'False',
            lastHeartbeatTime: now,
            lastTransitionTime: now,
            reason: isPressed ? 'KubeletHasDiskPressure' : 'KubeletHasNoDiskPressure',
            message: isPressed ? 'kubelet has disk pressure' : 'kubelet has no disk pressure',
          }
        : condition,
    ),
  );
  setTaint(world, node, isPressed);
  const reason = isPressed ? 'NodeHasDiskPressure' : 'NodeHasNoDiskPressure';
  const message = `Node ${node.hostname} status is now: ${reason}`;
  nodeEvent(world, node, isPressed ? 'Warning' : 'Normal', reason, message);
}

function setTaint(world: World, node: LabNode, isPressed: boolean): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  const kept = taintsOf(object).filter(({ key }) => key !== TAINT);
  const timeAdded = kubeTime(world.clock.now());
  const taints = isPressed ? [...kept, { key: TAINT, effect: 'NoSchedule', timeAdded }] : kept;
  const { taints: _, ...rest } = spec(object);
  putObject(world, 'nodes', {
    ...object,
    spec: taints.length === 0 ? rest : { ...rest, taints },
  });
}

/** The kubelet ends one pod after the other; static ones and those of DaemonSets come last and stay here. */
function evictOne(world: World, node: LabNode): void {
  const pod = listObjects(world, 'pods').find(
    (each) =>
      podSpec(each).nodeName === node.hostname &&
      !isBoundToNode(each) &&
      each.metadata.namespace !== 'kube-system',
  );
  if (pod === undefined) return;
  const { name, namespace } = pod.metadata;
  recordEvent(world, {
    type: 'Warning',
    reason: 'Evicted',
    message: `The node was low on resource: ephemeral-storage. Threshold quantity: ${LEAST_AVAILABLE_RATIO * 100}%.`,
    kind: 'Pod',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    component: 'kubelet',
    host: node.hostname,
  });
  removeObject(world, 'pods', name, namespace);
}

/** Kubelets watch the room below /var. */
export function runDiskPressure(world: World): void {
  const wellSinceMs = new Map<LabNode, number>();
  world.clock.every(CHECK_MS, () => {
    if (!isKubeWritable(world)) return;
    for (const node of world.nodes.values()) {
      if (node.isKubeletUp && isAlive(node)) check(world, node, wellSinceMs);
    }
  });
}

function check(world: World, node: LabNode, wellSinceMs: Map<LabNode, number>): void {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return;
  const isShort = 1 - ephemeralRatio(world, node) < LEAST_AVAILABLE_RATIO;
  const isPressed = hasPressure(object);
  if (isShort) {
    wellSinceMs.delete(node);
    if (!isPressed) setPressure(world, node, true);
    evictOne(world, node);
    return;
  }
  if (!isPressed) return;
  const nowMs = world.clock.monotonicMs();
  const sinceMs = wellSinceMs.get(node) ?? nowMs;
  wellSinceMs.set(node, sinceMs);
  if (nowMs - sinceMs >= TRANSITION_MS) setPressure(world, node, false);
}
