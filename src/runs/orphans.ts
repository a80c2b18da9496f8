import type { Clock } from '../clients/clock.js';
import type { Journal } from './journal.js';
import { isSameProcess } from './process-identity.js';
import type { JournalLine } from './types.js';

type PidLine = JournalLine & { readonly type: 'pid' };

/** Commands of an earlier, killed process that run on: they were started to survive it. */
export function orphans(earlier: readonly JournalLine[]): readonly PidLine[] {
  const open = new Map<string, PidLine>();
  for (const line of earlier) {
    if (line.type === 'pid') open.set(line.step, line);
    if (line.type === 'exit') open.delete(line.step);
  }
  return [...open.values()].filter(({ pid, processStart }) => isSameProcess(pid, processStart));
}

const POLL_MS = 200;

/** Starting a second one beside them could do the same change twice. @throws when cancelled */
export async function waitForOrphans({
  earlier,
  journal,
  clock,
  cancel,
}: {
  readonly earlier: readonly JournalLine[];
  readonly journal: Journal;
  readonly clock: Clock;
  readonly cancel: AbortSignal;
}): Promise<void> {
  for (const { step, pid, processStart } of orphans(earlier)) {
    const lastSeen = `the command of the earlier process still runs (pid ${pid})`;
    journal.append({ type: 'observed', step, lastSeen });
    while (isSameProcess(pid, processStart)) await clock.sleep(POLL_MS, cancel);
  }
}
