import type { Clock } from '../clients/clock.js';
import { errorCode } from '../clients/disk-error.js';
import type { Journal } from './journal.js';
import { isSameProcess } from './process-identity.js';
import { readStepOutput } from './step-output.js';
import type { JournalLine, RunRequest } from './types.js';

type PidLine = JournalLine & { readonly type: 'pid' };

/** Commands of an earlier, killed process that run on: they were started to survive it. */
export function survivors(earlier: readonly JournalLine[]): readonly PidLine[] {
  const open = new Map<string, PidLine>();
  for (const line of earlier) {
    if (line.type === 'pid') open.set(line.step, line);
    if (line.type === 'exit') open.delete(line.step);
  }
  return [...open.values()].filter(({ pid, processStart }) => isSameProcess(pid, processStart));
}

export interface Reattaching {
  readonly earlier: readonly JournalLine[];
  readonly request: RunRequest;
  readonly runDir: string;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly cancel: AbortSignal;
}

const POLL_MS = 200;
const REPORT_EVERY_POLLS = 5;
const KILL_AFTER_POLLS = 25;

/**
 * Follows what still runs to its end: starting a second one beside it could do the same change twice. Nobody but
 * its parent learns the exit code, and that is dead: the step's proof decides. When cancelled, a command that
 * disrupts nothing is ended; a disruptive one is never cut off.
 * @throws the signal's reason when cancelled, once nothing runs any more
 */
export async function reattachCommands(reattaching: Reattaching): Promise<void> {
  const { earlier, cancel } = reattaching;
  for (const survivor of survivors(earlier)) {
    await followToEnd(survivor, reattaching);
    cancel.throwIfAborted();
  }
}

async function followToEnd(survivor: PidLine, reattaching: Reattaching): Promise<void> {
  const { journal, clock, cancel, request, runDir } = reattaching;
  const { step, pid, processStart } = survivor;
  const isDisruptive = request.steps.find(({ id }) => id === step)?.isDisruptive !== false;
  const observe = createObserver(step, journal);
  observe(`the command of the earlier process still runs (pid ${pid})`);
  let cancelledForPolls = 0;
  for (let polls = 0; isSameProcess(pid, processStart); polls++) {
    if (cancel.aborted) {
      if (isDisruptive) observe('the command disrupts and is not cut off; the run ends after it');
      else stop(pid, cancelledForPolls);
      cancelledForPolls += 1;
    } else if (polls % REPORT_EVERY_POLLS === 0) {
      observe((await readStepOutput(runDir, step)).at(-1) ?? null);
    }
    // Not cut short by the wish to stop: what runs is followed to its end.
    await clock.sleep(POLL_MS);
  }
  observe((await readStepOutput(runDir, step)).at(-1) ?? null);
  journal.append({
    type: 'exit',
    step,
    exitCode: null,
    durationMs: Math.max(0, clock.now() - survivor.atMs),
    argv: argvOf(step, reattaching.earlier),
    effect: 'change',
  });
}

/** Journals what is new; null: nothing was printed. */
function createObserver(step: string, journal: Journal): (lastSeen: string | null) => void {
  let last = '';
  return (lastSeen) => {
    if (lastSeen === null || lastSeen === last) return;
    last = lastSeen;
    journal.append({ type: 'observed', step, lastSeen });
  };
}

/** Politely first, then hard; the command leads a session of its own. */
function stop(pid: number, polls: number): void {
  if (polls !== 0 && polls !== KILL_AFTER_POLLS) return;
  try {
    process.kill(-pid, polls === 0 ? 'SIGTERM' : 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

function argvOf(step: string, earlier: readonly JournalLine[]): readonly string[] {
  const intent = earlier.findLast((line) => line.type === 'intent' && line.step === step);
  return (intent?.type === 'intent' ? intent.argv : undefined) ?? [];
}
