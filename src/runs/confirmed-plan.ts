import { fingerprint } from '../actions/fingerprint.js';
import type { Action, Form, Plan, Refusal } from '../actions/types.js';
import type { Clock } from '../clients/clock.js';
import { ClientError } from '../model/errors.js';
import { formatList } from '../model/format.js';
import type { Journal } from './journal.js';
import { closedGates } from './passage.js';
import type { RunSession } from './session.js';
import type { RunRequest } from './types.js';

export interface Planning {
  readonly action: Action;
  readonly request: RunRequest;
  readonly session: RunSession;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly cancel: AbortSignal;
}

/** After this the sources have said what they have to say. */
const PATIENCE_MS = 20_000;
const POLL_MS = 100;

/**
 * Plans again on this process' own live snapshot, as soon as that is complete enough.
 * @throws ClientError when the plan is not the confirmed one any more or a gate is closed
 */
export async function confirmedPlan(planning: Planning): Promise<Plan> {
  const { journal, clock, cancel } = planning;
  let announced = '';
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    cancel.throwIfAborted();
    const planned = planNow(planning);
    const objection = objectionTo(planned, planning);
    if (objection === null && planned.kind === 'plan') {
      for (const { id, state, text } of planned.gates) {
        journal.append({ type: 'gate', id, state, text });
      }
      return planned;
    }
    const waitsFor = stillMissing(planned, planning);
    if (waitsFor === '' || waitedMs >= PATIENCE_MS) {
      throw objection ?? new Error('A plan without an objection was not taken.');
    }
    if (waitsFor !== announced) journal.append({ type: 'note', text: `Waits for ${waitsFor}.` });
    announced = waitsFor;
    await clock.sleep(POLL_MS, cancel);
  }
}

export const planNow = ({ action, request, session, clock }: Planning): Plan | Refusal | Form =>
  action.plan({
    snapshot: session.snapshot(),
    answers: request.answers,
    connection: request.connection,
    facts: session.facts.get(),
    nowMs: clock.now(),
  });

function objectionTo(planned: Plan | Refusal | Form, { request }: Planning): ClientError | null {
  if (planned.kind === 'refusal') return new ClientError('rejected', planned.reason, planned.hint);
  if (planned.kind === 'form') {
    return new ClientError(
      'rejected',
      'The plan asks questions that were answered when it was confirmed.',
      'Plan it again and confirm what it shows now.',
    );
  }
  if (fingerprint(planned) !== request.fingerprint) {
    return new ClientError(
      'conflict',
      `The plan is not the one that was confirmed. ${difference(planned, request)}`,
      'Plan it again and confirm what it shows now.',
    );
  }
  const [gate] = closedGates(planned.gates, request.overrides);
  return gate === undefined
    ? null
    : new ClientError('rejected', `${gate.id}: ${gate.text}`, gate.remedy);
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

/** Empty when the answer is final: nothing that could change it is still on its way. */
function stillMissing(
  planned: Plan | Refusal | Form,
  { action, session, request }: Planning,
): string {
  const missing = action.missing(session.snapshot(), request.answers);
  if (missing.length > 0) return formatList(missing);
  if (planned.kind !== 'plan') return '';
  const unknown = closedGates(planned.gates, request.overrides).filter(
    ({ state }) => state === 'unknown',
  );
  return formatList(unknown.map(({ title }) => title));
}
