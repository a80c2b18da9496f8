import { fingerprint } from '../actions/fingerprint.js';
import type { Action, Form, Plan, PlanContext, Refusal } from '../actions/types.js';
import type { Clock } from '../clients/clock.js';
import { ClientError } from '../model/errors.js';
import { formatList } from '../model/format.js';
import { silentLists } from '../model/silence.js';
import { hasBegun } from './earlier.js';
import type { Journal } from './journal.js';
import type { Overrides } from './overrides.js';
import { closedGates } from './passage.js';
import type { RunSession } from './session.js';
import type { JournalLine, RunRequest } from './types.js';

export interface Planning {
  readonly action: Action;
  readonly request: RunRequest;
  readonly session: RunSession;
  /** Lines of earlier processes of this run. */
  readonly earlier: readonly JournalLine[];
  readonly journal: Journal;
  readonly overrides: Overrides;
  readonly clock: Clock;
  readonly cancel: AbortSignal;
}

/** After this the sources have said what they have to say. */
const PATIENCE_MS = 20_000;
/** A node that is being rebooted by this very run may be long in coming. */
const RESUME_PATIENCE_MS = 60_000;
const POLL_MS = 100;
const INSPECT_AGAIN_MS = 2_000;

/**
 * Plans again on this process' own live snapshot, as soon as that is complete enough.
 * @throws ClientError when the plan is not the confirmed one any more or a gate is closed
 */
export async function confirmedPlan(planning: Planning): Promise<Plan> {
  const { journal, clock, cancel, earlier } = planning;
  const isResumed = hasBegun(earlier);
  const patienceMs = isResumed ? RESUME_PATIENCE_MS : PATIENCE_MS;
  let announced = '';
  for (let waitedMs = 0; ; ) {
    cancel.throwIfAborted();
    const isLast = waitedMs >= patienceMs;
    const missing = stillUnheard(planning);
    let waitsFor = missing;
    if (missing === '' || isLast) {
      const planned = planNow(await inspectNow(planning), planning);
      const objection = objectionTo(planned, planning, isResumed);
      if (objection === null && planned.kind === 'plan') {
        for (const { id, state, text } of planned.gates) {
          journal.append({ type: 'gate', id, state, text });
        }
        return planned;
      }
      waitsFor = missing || stillUnknown(planned, planning);
      if (waitsFor === '' || isLast) {
        throw objection ?? new Error('A plan without an objection was not taken.');
      }
    }
    if (waitsFor !== announced) journal.append({ type: 'note', text: `Waits for ${waitsFor}.` });
    announced = waitsFor;
    const pauseMs = missing === '' ? INSPECT_AGAIN_MS : POLL_MS;
    await clock.sleep(pauseMs, cancel);
    waitedMs += pauseMs;
  }
}

/** Reads again what the action wants to know of the cluster as it looks now. */
export async function inspectNow(planning: Planning): Promise<PlanContext> {
  const { action, session, request } = planning;
  const facts = await session.facts.refresh(action.wants?.(session.snapshot(), request.answers));
  return { ...contextNow(planning), facts };
}

const contextNow = ({ request, session, clock }: Planning): PlanContext => ({
  snapshot: session.snapshot(),
  answers: request.answers,
  connection: request.connection,
  facts: session.facts.get(),
  nowMs: clock.now(),
});

export const planNow = (context: PlanContext, { action }: Planning): Plan | Refusal | Form =>
  action.plan(context);

function objectionTo(
  planned: Plan | Refusal | Form,
  { request, overrides }: Planning,
  isResumed: boolean,
): ClientError | null {
  if (planned.kind === 'refusal') return new ClientError('refused', planned.reason, planned.hint);
  if (planned.kind === 'form') {
    return new ClientError(
      'refused',
      'The plan asks questions that were answered when it was confirmed.',
      'Plan it again and confirm what it shows now.',
    );
  }
  if (fingerprint(planned) !== request.fingerprint) {
    return new ClientError(
      'refused',
      `The plan is not the one that was confirmed. ${difference(planned, request)}`,
      'Plan it again and confirm what it shows now.',
    );
  }
  // Half-way a node may well be cordoned or away: by our own doing. The gates of the steps know that.
  if (isResumed) return null;
  const [gate] = closedGates(planned.gates, overrides());
  return gate === undefined
    ? null
    : new ClientError('refused', `${gate.id}: ${gate.text}`, gate.remedy);
}

function difference(planned: Plan, { summary, steps }: RunRequest): string {
  if (planned.summary !== summary) return `Confirmed: ${summary}. Now: ${planned.summary}.`;
  const index = planned.steps.findIndex(({ id }, position) => steps[position]?.id !== id);
  const now = planned.steps[index]?.title;
  const then = steps[index]?.title;
  return now === undefined && then === undefined
    ? `Its commands have changed since "${summary}" was confirmed.`
    : `Confirmed: ${then ?? 'no such step'}. Now: ${now ?? 'no such step'}.`;
}

/** What `plan` has not heard yet; empty when it has heard everything. */
const stillUnheard = ({ action, session, request }: Planning): string =>
  formatList(action.missing(session.snapshot(), request.answers));

/** What may still make another answer of this one; empty when it is final. */
function stillUnknown(planned: Plan | Refusal | Form, { overrides, session }: Planning): string {
  if (planned.kind === 'refusal') return formatList(silentLists(session.snapshot()));
  if (planned.kind === 'form') return '';
  const unknown = closedGates(planned.gates, overrides()).filter(
    ({ state }) => state === 'unknown',
  );
  return formatList([...new Set(unknown.map(({ id }) => id))]);
}
