import { isEtcdWorking, memberOf } from './etcd.js';
import { laterInLife, stopService } from './life.js';
import { removalRefusal, removeMember } from './talos-etcd.js';
import type { TaskEnd } from './talos-sequence.js';
import type { LabNode, World } from './types.js';

/** talos: LeaveCluster tries for five minutes, every ten seconds. */
const LEAVE_TIMEOUT_MS = 5 * 60_000;
const RETRY_MS = 10_000;

/** Removes this node's member, stops its etcd and throws its data away. */
export function leaveEtcd(world: World, node: LabNode, end: TaskEnd): void {
  if (node.machine.systemDisk?.hasEtcdData !== true) {
    end(null);
    return;
  }
  const untilMs = world.clock.monotonicMs() + LEAVE_TIMEOUT_MS;
  const attempt = (): void => {
    const refusal = tryToLeave(world, node);
    if (refusal === null) end(null);
    else if (world.clock.monotonicMs() >= untilMs) end(`failed to leave cluster: ${refusal}`);
    else laterInLife(world, node, RETRY_MS, attempt);
  };
  attempt();
}

/** @returns why etcd does not let it go; null = it has left. */
export function tryToLeave(world: World, node: LabNode): string | null {
  const member = memberOf(world, node.hostname);
  if (member !== undefined) {
    if (!isEtcdWorking(world)) return 'etcdserver: no leader';
    const refusal = removalRefusal(world, member);
    if (refusal !== null) return refusal;
  }
  stopService(world, node, 'etcd');
  const { systemDisk } = node.machine;
  if (systemDisk !== null) systemDisk.hasEtcdData = false;
  if (member !== undefined) removeMember(world, member);
  return null;
}
