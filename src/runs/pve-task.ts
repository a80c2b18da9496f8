import type { PveOrder } from '../actions/types.js';
import type { Clock } from '../clients/clock.js';
import type { PveClient } from '../clients/types.js';
import { ClientError, OperatorError } from '../model/errors.js';
import type { PveTask } from '../model/proxmox.js';
import type { Journal } from './journal.js';

export interface TaskWatch {
  readonly step: string;
  readonly pve: PveClient;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: (lastSeen: string) => void;
}

const POLL_MS = 1_000;
/** Proxmox may be away while its host restarts services; the task goes on meanwhile. */
const AWAY_PATIENCE_MS = 90_000;
/** operations 2.7: the longest, an ISO download, gets 30 minutes. */
const TASK_PATIENCE_MS = 30 * 60_000;

/** Tasks that left no more than their name: nobody can say any more how they ended. */
export const FORGOTTEN = 'unknown';

export const isGoodEnd = (exitStatus: string): boolean =>
  exitStatus === 'OK' || exitStatus.startsWith('WARNINGS');

/**
 * Follows a task to its end and journals that. Time is counted in pauses.
 * @returns its exit status, `unknown` when Proxmox has forgotten it
 * @throws ClientError when it does not end or cannot be asked, or the signal's reason: the task itself goes on
 */
export async function followTask(upid: string, watch: TaskWatch): Promise<string> {
  try {
    return await pollTask(upid, watch);
  } catch (error) {
    if (watch.signal.aborted) {
      watch.journal.append({
        type: 'note',
        text: `The Proxmox task ${upid} goes on by itself; a resumed run follows it again.`,
      });
    }
    throw error;
  }
}

async function pollTask(upid: string, watch: TaskWatch): Promise<string> {
  const { step, pve, journal, clock, signal, report } = watch;
  const conclude = (exitStatus: string): string => {
    journal.append({ type: 'upid', step, upid, exitStatus });
    return exitStatus;
  };
  let awayMs = 0;
  for (let waitedMs = 0; waitedMs < TASK_PATIENCE_MS; waitedMs += POLL_MS) {
    signal.throwIfAborted();
    try {
      const { isRunning, exitStatus, lastLogLines } = await pve.taskStatus(upid, signal);
      awayMs = 0;
      if (!isRunning) return conclude(exitStatus ?? FORGOTTEN);
      report(lastLogLines.at(-1) ?? `Proxmox task ${taskType(upid)} runs`);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (error.kind === 'not-found') return conclude(FORGOTTEN);
      if (!isAway(error) || awayMs >= AWAY_PATIENCE_MS) throw error;
      awayMs += POLL_MS;
      report(error.message);
    }
    await clock.sleep(POLL_MS, signal);
  }
  throw new ClientError(
    'timeout',
    `The Proxmox task ${upid} has not ended within ${TASK_PATIENCE_MS / 60_000} minutes.`,
    'Look at it in Proxmox; resume the run when it has ended.',
  );
}

/** `resize` of `UPID:pve1:0003A1B2:01C2D3E4:6740…:resize:101:root@pam:` */
const taskType = (upid: string): string => upid.split(':')[5] ?? upid;

const isAway = ({ kind }: OperatorError): boolean => kind === 'unreachable' || kind === 'timeout';

const FIND_POLL_MS = 1_000;
const FIND_PATIENCE_MS = 10_000;
/** As far as the clocks of the two hosts may be apart before a finished task is not believed to be ours. */
const SKEW_MS = 5_000;

/**
 * The task of an order whose answer was lost: of its guest and kind, running or begun since.
 * @returns null when there is none, as far as Proxmox can be asked
 */
export async function findTask(
  order: PveOrder,
  sinceMs: number,
  { pve, clock, signal, report }: TaskWatch,
): Promise<PveTask | null> {
  for (let waitedMs = 0; waitedMs <= FIND_PATIENCE_MS; waitedMs += FIND_POLL_MS) {
    signal.throwIfAborted();
    try {
      const found = (await pve.tasks(signal)).find(
        (task) =>
          isOf(order, task) && (task.endedAtMs === null || task.startedAtMs >= sinceMs - SKEW_MS),
      );
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      report(error.message);
    }
    await clock.sleep(FIND_POLL_MS, signal);
  }
  return null;
}

/** Of the task types of qemu-server: the last part of the path names the kind. */
const TASK_TYPES: Readonly<Record<string, string>> = {
  resize: 'resize',
  config: 'qmconfig',
  start: 'qmstart',
  stop: 'qmstop',
  shutdown: 'qmshutdown',
  reboot: 'qmreboot',
  reset: 'qmreset',
  snapshot: 'qmsnapshot',
};

function isOf({ path }: PveOrder, task: PveTask): boolean {
  const [, , pveNode, , id] = path.split('/');
  const type = TASK_TYPES[path.split('/').at(-1) ?? ''];
  return (
    task.pveNode === pveNode && task.objectId === id && (type === undefined || task.type === type)
  );
}
