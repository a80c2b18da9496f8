import type { Action } from '../actions/types.js';
import { createAuditLog } from '../clients/audit-log.js';
import type { Clock } from '../clients/clock.js';
import { snapshotFiles } from '../clients/snapshot-file.js';
import type { Environment } from '../clients/tool-environment.js';
import type { Connection } from '../model/connection.js';
import { ClientError, OperatorError } from '../model/errors.js';
import { asRunId, type RunId } from '../model/ids.js';
import { type ClusterLease, takeLease } from './cluster-lease.js';
import { confirmedPlan, inspectNow, type Planning, planNow } from './confirmed-plan.js';
import { isRunId } from './directory.js';
import type { Engine } from './engine.js';
import type { Flock } from './flock.js';
import { LOCK_GATE } from './gates-ahead.js';
import type { Journal } from './journal.js';
import { type LockHolder, tryLock } from './lock.js';
import { recordedState } from './named-state.js';
import { createOverrides, type Overrides, type OverridesWiring } from './overrides.js';
import { type Outcome, perform } from './perform.js';
import { createRunReader, livenessOf, readRun } from './read-run.js';
import { followOpenTasks } from './reattach.js';
import { reattachCommands } from './reattach-command.js';
import { auditPath, runDir as runDirOf } from './run-files.js';
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
  readonly takeConsents: OverridesWiring['take'];
  readonly cancel: AbortSignal;
}

/**
 * The life of a run process after its first line: lock, attach, plan again, compare with what was confirmed,
 * perform. Every end but a bug's closes the journal.
 */
export async function conduct(beginning: Conduct): Promise<Outcome> {
  const run = remembering(beginning);
  const { journal, cancel } = run;
  try {
    await reattachCommands(run);
    const lock = await takeLock(run);
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

/** What is found out about earlier commands and tasks belongs to what the steps know of them. */
function remembering(run: Conduct): Conduct {
  const { journal, clock } = run;
  const earlier = [...run.earlier];
  return {
    ...run,
    earlier,
    journal: {
      ...journal,
      append(entry) {
        journal.append(entry);
        if (entry.type === 'exit' || entry.type === 'upid') {
          earlier.push({ atMs: clock.now(), ...entry });
        }
      },
    },
  };
}

/** An earlier process of this run may have got further than this one. */
function stateBefore({ request, earlier }: Conduct): string {
  const { hasBegun, text } = recordedState(request, earlier);
  return hasBegun
    ? ['What the run did before stands; nothing more was changed.', text].join(' ').trim()
    : 'Nothing was changed.';
}

const LOCK_POLL_MS = 500;

/** Null for what changes nothing. */
async function takeLock(run: Conduct): Promise<Flock | null> {
  const { id, stateDir, request, host, pid, clock, journal, cancel } = run;
  if (request.level === 0) return null;
  const { operator, cluster } = request;
  for (let isSaid = false; ; isSaid = true) {
    const sinceMs = clock.now();
    const attempt = tryLock(stateDir, cluster, { run: id, operator, host, pid, sinceMs });
    if (attempt.isHeld) return attempt.lock;
    const { holder } = attempt;
    if (holder?.run !== id) throw lockedBy(holder, cluster);
    // The process that started it died before it could journal the command's pid.
    if (!isSaid) {
      journal.append({ type: 'note', text: 'A command of the earlier process still runs.' });
    }
    await clock.sleep(LOCK_POLL_MS, cancel);
  }
}

const lockedBy = (holder: LockHolder | null, cluster: string): ClientError =>
  new ClientError(
    'refused',
    holder === null
      ? `Another run is changing ${cluster}.`
      : `${holder.operator} is changing ${cluster} with run ${holder.run} (process ${holder.pid} on ${holder.host}).`,
    'Wait until it has ended, or cancel it.',
  );

async function attachAndPerform(run: Conduct, lock: Flock | null): Promise<Outcome> {
  const action = actionOf(run);
  const session = await run.attach(run.request.connection);
  try {
    await followOpenTasks(session.pve, run);
    const overrides = createOverrides({ ...run, take: run.takeConsents });
    const lease = await leaseOf(run, session, overrides);
    try {
      const { request, earlier, journal, clock, cancel } = run;
      const planning: Planning = {
        ...{ action, request, session, earlier, journal, overrides, clock, cancel },
      };
      const plan = await confirmedPlan(planning);
      return await perform(plan, engineOf(run, planning, { lock, lease }));
    } finally {
      await lease.release();
    }
  } finally {
    await session.close();
  }
}

function actionOf({ request, actions }: Conduct): Action {
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
  return action;
}

/** Operators on other hosts see it; what changes nothing needs none. */
function leaseOf(run: Conduct, { kube }: RunSession, overrides: Overrides): Promise<ClusterLease> {
  const { id, request, host, stateDir, journal, clock, cancel } = run;
  return takeLease({
    kube: request.level === 0 ? null : kube,
    clock,
    journal,
    cancel,
    holder: `${request.operator.split(' ')[0]}@${host}:${id}`,
    isTakeoverAllowed: () => overrides().includes(LOCK_GATE),
    isKnownDead: async (holder) =>
      holder.includes(`@${host}:`) && (await hasEnded(stateDir, holder.split(':').at(-1) ?? '')),
  });
}

/** Of a run in our own state directory, whose process we can look at. */
async function hasEnded(stateDir: string, run: string): Promise<boolean> {
  if (!isRunId(run)) return false;
  try {
    return livenessOf((await readRun(runDirOf(stateDir, asRunId(run)))).journal) === 'dead';
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

function engineOf(
  run: Conduct,
  planning: Planning,
  { lock, lease }: { readonly lock: Flock | null; readonly lease: ClusterLease },
): Engine {
  const { request, journal, clock, cancel, earlier } = run;
  const { session } = planning;
  return {
    ...{ journal, clock, cancel, earlier },
    isWatched: run.isWatched,
    isPauseWished: run.isPauseWished,
    takeContinue: run.takeContinue,
    overrides: planning.overrides,
    keepGoing: request.keepGoing,
    maxDurationMs: request.maxDurationMs ?? null,
    lostLock: lease.lostTo,
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
      runs: createRunReader(run.stateDir, clock).list,
      operator: request.operator,
    },
  };
}
