import { fingerprint } from '../actions/fingerprint.js';
import type { Plan, Step } from '../actions/types.js';
import { OperatorError } from '../model/errors.js';
import { formatCount } from '../model/format.js';
import { BUG_HINT, bugText } from './bug.js';
import { contextOf, type Engine } from './engine.js';
import { performStep } from './step.js';

export type Outcome = 'succeeded' | 'failed' | 'cancelled';

/** Steps by what became of them, for the sentence that a run ends with. */
export interface Progress {
  readonly plan: Plan;
  readonly done: readonly Step[];
  readonly current: Step | null;
}

/**
 * Performs a confirmed plan, one step after the other, and closes the journal with what it ended in. Never
 * throws for the world's sake; a bug of ours is journalled and thrown on.
 */
export async function perform(plan: Plan, engine: Engine): Promise<Outcome> {
  const { journal, cancel } = engine;
  const done: Step[] = [];
  let current: Step | null = null;
  try {
    for (const step of plan.steps) {
      cancel.throwIfAborted();
      current = step;
      await performStep(step, { plan, fingerprint: fingerprint(plan), engine });
      done.push(step);
      current = null;
    }
    journal.append({
      type: 'succeeded',
      evidence: `${plan.summary}: ${formatCount(done.length, 'step')} proven.`,
    });
    return 'succeeded';
  } catch (error) {
    const progress = { plan, done, current };
    if (cancel.aborted && isEnd(error, cancel)) return await endCancelled(progress, engine);
    journal.append({ type: 'failed', step: stepId(current), ...failure(error, progress) });
    if (!(error instanceof OperatorError)) throw error;
    return 'failed';
  }
}

/** What a cancelled wait or command throws, unlike a bug that happens to come to light then. */
const isEnd = (error: unknown, cancel: AbortSignal): boolean =>
  error === cancel.reason || error instanceof OperatorError;

const stepId = (step: Step | null): string | null => step?.id ?? null;

async function endCancelled(progress: Progress, engine: Engine): Promise<Outcome> {
  const seen = progress.current === null ? null : await lookOnce(progress.current, engine);
  engine.journal.append({
    type: 'cancelled',
    state: stateText(progress, seen === null ? 'was stopped' : `was stopped: ${seen}`),
    hint: 'Resume it to continue where it stopped.',
  });
  return 'cancelled';
}

const LAST_LOOK_MS = 10_000;

/** What the interrupted step left behind, for the closing sentence. */
async function lookOnce(step: Step, engine: Engine): Promise<string> {
  try {
    const sight = await step.look(contextOf(step, engine, AbortSignal.timeout(LAST_LOOK_MS)));
    return sight.done ? `it took effect, ${sight.evidence}` : sight.lastSeen;
  } catch (error) {
    if (error instanceof OperatorError) return `what it left is unknown, ${error.message}`;
    throw error;
  }
}

function failure(
  error: unknown,
  progress: Progress,
): { readonly error: string; readonly hint: string; readonly state: string } {
  const state = stateText(progress, 'failed');
  if (error instanceof OperatorError) return { error: error.message, hint: error.hint, state };
  return { error: bugText(error), hint: BUG_HINT, state };
}

/** `Done: a, b. "c" failed. Not begun: d.` */
export function stateText({ plan, done, current }: Progress, how: string): string {
  const ended = new Set([...done, ...(current === null ? [] : [current])]);
  const rest = plan.steps.filter((step) => !ended.has(step));
  return [
    done.length === 0 ? 'No step is done.' : `Done: ${titles(done)}.`,
    current === null ? '' : `"${current.title}" ${how}.`,
    rest.length === 0 ? '' : `Not begun: ${titles(rest)}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

const titles = (steps: readonly Step[]): string => steps.map(({ title }) => title).join(', ');
