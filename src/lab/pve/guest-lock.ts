import type { TaskOrder } from '../world/pve-tasks.js';
import { startTask } from '../world/pve-tasks.js';
import type { LabPveTask, LabVm, World } from '../world/types.js';
import { died } from './refusal.js';
import type { Call } from './route.js';

/** qemu-server waits so long for a guest's lock file. */
const FLOCK_TIMEOUT_MS = 10_000;
const POLL_MS = 250;

/** The running task that holds `/var/lock/qemu-server/lock-<vmid>.conf`. The file itself means nothing. */
export const flockHolder = (world: World, vm: LabVm): LabPveTask | undefined =>
  world.pveTasks.find((task) => task.upid === vm.flockedBy && task.endedAtMs === null);

const timeoutText = ({ vmId }: LabVm): string =>
  `can't lock file '/var/lock/qemu-server/lock-${vmId}.conf' - got timeout`;

/** A synchronous call: waits for the lock. @throws PveRefusal 500 after ten seconds */
export async function whenUnlocked<T>({ world }: Call, vm: LabVm, run: () => T): Promise<T> {
  const untilMs = world.clock.monotonicMs() + FLOCK_TIMEOUT_MS;
  while (flockHolder(world, vm) !== undefined) {
    if (world.clock.monotonicMs() >= untilMs) throw died(timeoutText(vm));
    await new Promise<void>((resolve) => {
      world.clock.after(POLL_MS, resolve);
    });
  }
  return run();
}

/** A worker waits for the lock by itself: the call has its UPID at once, and the task fails. */
export function lockedTask(
  { world, user }: Call,
  vm: LabVm,
  type: string,
  order: () => LabPveTask,
): LabPveTask {
  if (flockHolder(world, vm) === undefined) return order();
  return startTask(world, {
    type,
    objectId: String(vm.vmId),
    user,
    durationMs: FLOCK_TIMEOUT_MS,
    log: [`trying to acquire lock...`],
    finish: () => {
      if (flockHolder(world, vm) !== undefined) return timeoutText(vm);
      order();
      return 'OK';
    },
  });
}

/** A task that holds the lock from its beginning to its end. */
export function holdingTask({ world }: Call, vm: LabVm, order: TaskOrder): LabPveTask {
  const task = startTask(world, order);
  vm.flockedBy = task.upid;
  return task;
}
