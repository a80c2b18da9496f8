import type { Plan, Step } from '../actions/types.js';
import { OperatorError } from '../model/errors.js';
import { formatCount } from '../model/format.js';
import { cancelledEnd, failedEnd, type Progress } from './ending.js';
import type { Engine } from './engine.js';
import { createPassage } from './passage.js';
import { lookPatienceMs, performStep, type StepRun } from './step.js';

export type Outcome = 'succeeded' | 'failed' | 'cancelled';

/**
 * Performs a confirmed plan, one step after the other, and closes the journal with what it ended in. Never
 * throws for the world's sake; a bug of ours is journalled and thrown on.
 */
export async function perform(plan: Plan, engine: Engine): Promise<Outcome> {
  const { journal, cancel } = engine;
  const done: Step[] = [];
  let current: Step | null = null;
  let isBegun = false;
  const run: StepRun = {
    engine,
    passage: createPassage(plan, engine),
    lookPatienceMs: lookPatienceMs(plan.steps, engine),
    onBegin: () => {
      isBegun = true;
    },
  };
  try {
    for (const step of plan.steps) {
      cancel.throwIfAborted();
      current = step;
      isBegun = false;
      await performStep(step, run);
      done.push(step);
      current = null;
    }
    journal.append({
      type: 'succeeded',
      evidence: `${plan.summary}: ${formatCount(done.length, 'step')} proven.`,
    });
    return 'succeeded';
  } catch (error) {
    const progress: Progress = { plan, done, current, isBegun };
    if (cancel.aborted && isEnd(error, cancel)) {
      journal.append({ type: 'cancelled', ...(await cancelledEnd(error, progress, engine)) });
      return 'cancelled';
    }
    journal.append({
      type: 'failed',
      step: stepId(current),
      ...(await failedEnd(error, progress, engine)),
    });
    if (!(error instanceof OperatorError)) throw error;
    return 'failed';
  }
}

/** What a cancelled wait or command throws, unlike a bug that happens to come to light then. */
const isEnd = (error: unknown, cancel: AbortSignal): boolean =>
  error === cancel.reason || error instanceof OperatorError;

const stepId = (step: Step | null): string | null => step?.id ?? null;
