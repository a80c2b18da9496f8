import type { LabNode, LabPveTask, World } from './types.js';

const TASKS_KEPT = 400;

export interface TaskOrder {
  /** Default: the host of the guest `objectId`, else the one that answers. */
  readonly pveNode?: string;
  readonly type: string;
  readonly objectId: string;
  readonly user: string;
  readonly durationMs: number;
  readonly log?: readonly string[];
  /** `OK`, `WARNINGS: 1` or the error text. Called when the duration is over. */
  readonly finish?: (task: LabPveTask) => string;
}

/** Starts a worker task, as every slow call of the Proxmox API does. */
export function startTask(world: World, order: TaskOrder): LabPveTask {
  const task = newTask(world, order, world.clock.now());
  world.pveTasks.unshift(task);
  world.pveTasks.splice(TASKS_KEPT);
  world.touch('pve:tasks');
  const delayMs = world.pveHosts.get(task.pveNode)?.taskDelayMs ?? 0;
  world.clock.after(order.durationMs + delayMs, () => {
    if (task.endedAtMs === null) endTask(world, task, order.finish?.(task) ?? 'OK');
  });
  return task;
}

export function endTask(world: World, task: LabPveTask, exitStatus: string): void {
  task.endedAtMs = world.clock.now();
  task.exitStatus = exitStatus;
  task.log.push(taskEndLine(exitStatus));
  world.touch('pve:tasks');
}

/** proxmox.md §8: the last line of a finished log. */
const taskEndLine = (exitStatus: string): string => {
  if (exitStatus === 'OK') return 'TASK OK';
  return /^WARNINGS: \d+$/.test(exitStatus) ? `TASK ${exitStatus}` : `TASK ERROR: ${exitStatus}`;
};

function newTask(world: World, order: TaskOrder, atMs: number): LabPveTask {
  const pveNode =
    order.pveNode ?? world.vms.get(Number(order.objectId))?.pveNode ?? world.facts.pveNode;
  const host = world.pveHosts.get(pveNode);
  const pid = world.random.int(20_000, 4_000_000);
  const pstart = Math.max(1, Math.floor((atMs - (host?.bootedAtMs ?? 0)) / 10));
  const startSeconds = Math.floor(atMs / 1000);
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return {
    upid: `UPID:${pveNode}:${hex(pid)}:${hex(pstart)}:${hex(startSeconds)}:${order.type}:${order.objectId}:${order.user}:`,
    pveNode,
    pid,
    pstart,
    type: order.type,
    objectId: order.objectId,
    user: order.user,
    startedAtMs: startSeconds * 1000,
    endedAtMs: null,
    exitStatus: null,
    log: [...(order.log ?? [])],
  };
}

/** What happened before the lab was switched on. */
export function seedTasks(world: World): void {
  const past = (order: TaskOrder, atMs: number): void => {
    const task = newTask(world, order, atMs);
    task.endedAtMs = task.startedAtMs + order.durationMs;
    task.exitStatus = order.finish?.(task) ?? 'OK';
    task.log.push(taskEndLine(task.exitStatus));
    world.pveTasks.push(task);
  };
  const startOf = (node: LabNode): number => node.bootedAtMs - 8000;
  for (const node of [...world.nodes.values()].slice(0, 20)) {
    past(
      { type: 'qmstart', objectId: String(node.vmId), user: 'root@pam', durationMs: 2000 },
      startOf(node),
    );
  }
  const lastNight = world.clock.now() - 6 * 3_600_000;
  past({ type: 'aptupdate', objectId: '', user: 'root@pam', durationMs: 7000 }, lastNight);
  world.pveTasks.sort((a, b) => b.startedAtMs - a.startedAtMs);
}
