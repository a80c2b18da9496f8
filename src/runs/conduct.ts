import type { Action } from '../actions/types.js';
import { createAuditLog } from '../clients/audit-log.js';
import type { Clock } from '../clients/clock.js';
import { snapshotFiles } from '../clients/snapshot-file.js';
import type { Environment } from '../clients/tool-environment.js';
import type { Connection } from '../model/connection.js';
import { ClientError, OperatorError } from '../model/errors.js';
import type { RunId } from '../model/ids.js';
import { confirmedPlan, inspectNow, type Planning, planNow } from './confirmed-plan.js';
import type { Flock } from './flock.js';
import type { Journal } from './journal.js';
import { tryLock } from './lock.js';
import { waitForOrphans } from './orphans.js';
import { type Outcome, perform } from './perform.js';
import { followOpenTasks } from './reattach.js';
import { auditPath } from './run-files.js';
import type { RunSession } from './session.js';
import { stepShell } from './step-shell.js';
import type { JournalLine, RunRequest } from './types.js';

export interface Conduct {
  readonly id: RunId;
  readonly stateDir: string;
  readonly runDir: string;
  readonly request: RunRequest;
  /** Lines of earlier processes of this run. */
  readonly earlier: readonly JournalLine[];
  readonly journal: Journal;
  readonly clock: Clock;
  readonly env: Environment;
  readonly host: string;
  readonly pid: number;
  readonly actions: readonly Action[];
  readonly attach: (connection: Connection) => Promise<RunSession>;
  readonly isWatched: () => boolean;
  readonly isPauseWished: () => boolean;
  readonly takeContinue: () => boolean;
  readonly cancel: AbortSignal;
}

/**
 * The life of a run process after its first line: lock, attach, plan again, compare with what was confirmed,
 * perform. Every end but a bug's closes the journal.
 */
export async function conduct(run: Conduct): Promise<Outcome> {
  const { journal, cancel } = run;
  try {
    await waitForOrphans(run);
    const lock = takeLock(run);
    try {
      return await attachAndPerform(run, lock);
    } finally {
      lock?.release();
    }
  } catch (error) {
    if (cancel.aborted && (error === cancel.reason || error instanceof OperatorError)) {
      journal.append({ type: 'cancelled', state: stateBefore(run), hint: 'Resume it to go on.' });
      return 'cancelled';
    }
    if (!(error instanceof OperatorError)) throw error;
    const { message, hint } = error;
    journal.append({
      type: 'failed',
      step: null,
      error: message,
      hint,
      state: stateBefore(run),
      ...(error.kind === 'refused' ? { isRefused: true } : {}),
    });
    return 'failed';
  }
}

/** An earlier process of this run may have got further than this one. */
const stateBefore = ({ earlier }: Conduct): string =>
  earlier.some(({ type }) => type === 'intent')
    ? 'What the run did before stands; nothing more was changed.'
    : 'Nothing was changed.';

/** Null for what changes nothing. */
function takeLock({ id, stateDir, request, host, pid, clock }: Conduct): Flock | null {
  if (request.level === 0) return null;
  const { operator, cluster } = request;
  const attempt = tryLock(stateDir, cluster, {
    run: id,
    operator,
    host,
    pid,
    sinceMs: clock.now(),
  });
  if (attempt.isHeld) return attempt.lock;
  const { holder } = attempt;
  throw new ClientError(
    'refused',
    holder === null
      ? `Another run is changing ${cluster}.`
      : `${holder.operator} is changing ${cluster} with run ${holder.run} (process ${holder.pid} on ${holder.host}).`,
    'Wait until it has ended, or cancel it.',
  );
}

async function attachAndPerform(run: Conduct, lock: Flock | null): Promise<Outcome> {
  const { request, journal, clock, cancel, actions } = run;
  const action = actions.find(({ id }) => id === request.action);
  if (action === undefined) {
    throw new ClientError(
      'unsupported',
      `This version of talos-tui has no action ${request.action}.`,
      'Run it with the version that planned it.',
    );
  }
  if (request.connection.isReadOnly && request.level > 0) {
    throw new ClientError(
      'rejected',
      `${request.cluster} is set read-only.`,
      'Change the setting of the cluster.',
    );
  }
  const session = await run.attach(request.connection);
  try {
    const { earlier } = run;
    const planning: Planning = { action, request, session, earlier, journal, clock, cancel };
    await followOpenTasks(session.pve, run);
    const plan = await confirmedPlan(planning);
    return await perform(plan, {
      journal,
      clock,
      cancel,
      earlier,
      isWatched: run.isWatched,
      isPauseWished: run.isPauseWished,
      takeContinue: run.takeContinue,
      overrides: request.overrides,
      keepGoing: request.keepGoing,
      maxDurationMs: request.maxDurationMs ?? null,
      lostLock: async () => null,
      inspect: () => inspectNow(planning),
      replan: (context) => planNow(context, planning),
      shellFor: (step) =>
        stepShell(step, {
          ...run,
          reader: session.shell,
          viaServer: session.viaServer,
          lockFd: lock?.fd ?? null,
        }),
      context: {
        connection: request.connection,
        snapshot: session.snapshot,
        talos: session.talos,
        kube: session.kube,
        pve: session.pve,
        snapshotFiles,
        audit: createAuditLog(auditPath(run.stateDir)),
        runDir: run.runDir,
        operator: request.operator,
      },
    });
  } finally {
    await session.close();
  }
}
