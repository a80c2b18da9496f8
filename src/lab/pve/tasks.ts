import type { LabPveTask, World } from '../world/types.js';
import { type Asker, isAllowed } from './access.js';
import { seconds, shuffled } from './order.js';
import { PveRefusal } from './refusal.js';

/** How many `cluster/tasks` shows of each node. */
const CLUSTER_TASKS = 25;

/** `root@pam!tui` is shown as a user and a token id. */
function userParts(user: string): { readonly user: string; readonly tokenid?: string } {
  const [name = '', tokenid] = user.split('!');
  return { user: name, ...(tokenid === undefined ? {} : { tokenid }) };
}

const common = (task: LabPveTask) => ({
  upid: task.upid,
  node: task.pveNode,
  pid: task.pid,
  pstart: task.pstart,
  starttime: seconds(task.startedAtMs),
  type: task.type,
  id: task.objectId,
  ...userParts(task.user),
});

/** A running task has neither endtime nor status; finished ones say whether they were saved. */
/** Somebody without Sys.Audit sees his own tasks, a user those of his tokens too. */
const isVisible = (asker: Asker, task: LabPveTask): boolean =>
  task.user === asker.user ||
  task.user.startsWith(`${asker.user}!`) ||
  isAllowed(asker, `/nodes/${task.pveNode}`, 'Sys.Audit');

export function clusterTasks(asker: Asker) {
  const { world } = asker;
  const recent = [...world.pveHosts.keys()].flatMap((node) =>
    world.pveTasks
      .filter((task) => task.pveNode === node && isVisible(asker, task))
      .slice(0, CLUSTER_TASKS),
  );
  return shuffled(world, recent, ({ upid }) => upid).map((task) =>
    task.endedAtMs === null
      ? common(task)
      : { ...common(task), ...ended(task, task.endedAtMs), saved: '1' },
  );
}

const ended = (task: LabPveTask, endedAtMs: number) => ({
  endtime: seconds(endedAtMs),
  status: task.exitStatus ?? '',
});

export interface TaskFilter {
  readonly source: string;
  readonly vmid: string | undefined;
  readonly typefilter: string | undefined;
  readonly start: number;
  readonly limit: number;
}

/** Default `source=archive` shows finished tasks only. */
export function nodeTasks(asker: Asker, node: string, filter: TaskFilter) {
  const { source, vmid, typefilter, start, limit } = filter;
  const matching = asker.world.pveTasks.filter(
    (task) =>
      task.pveNode === node &&
      isVisible(asker, task) &&
      (source === 'all' || (source === 'active') === (task.endedAtMs === null)) &&
      (vmid === undefined || task.objectId === vmid) &&
      (typefilter === undefined || task.type === typefilter),
  );
  const page = matching.slice(start, start + limit);
  return {
    total: matching.length,
    data: page.map((task) => ({
      ...common(task),
      ...(task.endedAtMs === null ? { status: 'RUNNING' } : ended(task, task.endedAtMs)),
    })),
  };
}

/** @throws PveRefusal 400 */
export function taskNamed(world: World, node: string, upid: string): LabPveTask {
  if (!/^UPID:[^:]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:]+:[^:]*:[^:]+:$/i.test(upid)) {
    throw new PveRefusal(400, `unable to parse worker upid '${upid}'`);
  }
  const task = world.pveTasks.find((each) => each.upid === upid && each.pveNode === node);
  if (task === undefined) throw new PveRefusal(400, 'no such task');
  return task;
}

export const taskStatus = (task: LabPveTask) => ({
  ...common(task),
  status: task.endedAtMs === null ? 'running' : 'stopped',
  ...(task.exitStatus === null ? {} : { exitstatus: task.exitStatus }),
});

/** Lines are numbered from 1; an empty log has one filler line; past the end there is nothing. */
export function taskLog(task: LabPveTask, start: number, limit: number) {
  const lines = task.log.map((text, index) => ({ n: index + 1, t: text }));
  if (lines.length === 0) return { total: 1, data: [{ n: 1, t: 'no content' }] };
  const end = limit === 0 ? undefined : start + limit;
  return { total: lines.length, data: lines.slice(start, end) };
}
