import type { PveClient } from '../clients/types.js';
import { openTasks, unansweredOrder } from './earlier.js';
import type { Engine } from './engine.js';
import { followLost } from './order.js';
import { followTask, type TaskWatch } from './pve-task.js';

/**
 * Proxmox goes on with its tasks when a run process dies: they are followed to their end before anything else is
 * ordered. How they ended is journalled; the steps look at the world for themselves.
 * @throws ClientError while Proxmox cannot tell
 */
export async function followOpenTasks(
  pve: PveClient | null,
  { earlier, journal, clock, cancel }: Pick<Engine, 'earlier' | 'journal' | 'clock' | 'cancel'>,
): Promise<void> {
  if (pve === null) return;
  const watchFor = (step: string): TaskWatch => ({
    ...{ step, pve, journal, clock, signal: cancel },
    report: (lastSeen) => journal.append({ type: 'observed', step, lastSeen }),
  });
  const unanswered = unansweredOrder(earlier);
  if (unanswered !== null) {
    const { step, order, atMs } = unanswered;
    await followLost(order, atMs, watchFor(step));
  }
  for (const { step, upid } of openTasks(earlier)) {
    journal.append({ type: 'observed', step, lastSeen: `the Proxmox task ${upid} of before` });
    await followTask(upid, watchFor(step));
  }
}
