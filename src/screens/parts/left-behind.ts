import { currentStep, isBusy, isOver } from '../../hooks/run-progress.js';
import { MARK_KEY } from '../../model/cordon-mark.js';
import {
  CORDONED,
  FREED,
  markOf,
  markText,
  type TouchedStep,
  unproven,
  waitsForBoot,
} from '../../model/left-state.js';
import { freshValue } from '../../model/reading.js';
import type { RunStepSummary, RunSummary } from '../../model/run.js';
import type { Snapshot } from '../../model/snapshot.js';

/** One sentence for each node that cancelling leaves in a state of its own: what is seen now counts most. */
export function leftBehind(snapshot: Snapshot, run: RunSummary | undefined): readonly string[] {
  if (run === undefined) return [];
  const current = currentStep(run);
  const groups = Map.groupBy(run.steps, ({ group, target, id }) => group ?? target ?? id);
  return [...groups].flatMap(([name, steps]) => {
    const states = statesOf(
      snapshot,
      name,
      steps,
      current !== undefined && steps.includes(current),
    );
    const subject = steps.some(({ target }) => target !== null) ? name : 'What it changes';
    return states.length === 0 ? [] : [`${subject} is then left: ${states.join(', ')}.`];
  });
}

function statesOf(
  snapshot: Snapshot,
  name: string,
  steps: readonly RunStepSummary[],
  isCurrent: boolean,
): readonly string[] {
  const atWork = steps.find(isBusy);
  const touched: readonly TouchedStep[] = steps
    .filter((step) => isOver(step) || step === atWork)
    .map((step) => ({ ...step, isProven: isOver(step) }));
  if (touched.length === 0) return [];
  const seen = freshValue(snapshot.kubeNodes)?.find((node) => node.name === name);
  const own = atWork?.stateWhenStopped ?? '';
  const told = touched.map(({ stateWhenStopped = '' }) => stateWhenStopped);
  const isFreed = told.some((state) => FREED.test(state));
  // A node that is finished and whose action frees it again is nobody's worry.
  if (!isCurrent && (isFreed || !told.some((state) => CORDONED.test(state)))) return [];
  const isCordoned =
    !isFreed && (seen?.isUnschedulable ?? told.some((text) => CORDONED.test(text)));
  const mark = own.includes('marked')
    ? ''
    : markText(markOf(touched), seen && (seen.annotations[MARK_KEY] ?? null));
  return [
    ...waitsForBoot(touched, own),
    isCordoned && !CORDONED.test(own) ? 'cordoned' : '',
    unproven(own),
    mark,
  ].filter((state) => state !== '');
}
