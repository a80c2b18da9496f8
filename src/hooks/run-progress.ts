import type { RunStepSummary, RunSummary } from '../model/run.js';

const OVER: readonly RunStepSummary['state'][] = ['done', 'already-done'];

export const isOver = ({ state }: RunStepSummary): boolean => OVER.includes(state);

export const isBusy = ({ state }: RunStepSummary): boolean =>
  state === 'running' || state === 'waiting';

/** Its process works or waits: until it ends no other run may change the cluster. */
export const isGoingOn = ({ state }: RunSummary): boolean =>
  state === 'starting' || state === 'running' || state === 'paused';

/** The step that something happens in, else the first that is not done; undefined when all are. */
export const currentStep = ({ steps }: RunSummary): RunStepSummary | undefined =>
  steps.find(isBusy) ?? steps.find((step) => !isOver(step));

/** Whose command a run that is asked to stop lets come to its end; undefined: it stops at once. */
export function heldStep(run: RunSummary): RunStepSummary | undefined {
  const step = currentStep(run);
  const isAtWork = step !== undefined && isBusy(step) && run.state === 'running';
  return isAtWork && step.isDisruptive ? step : undefined;
}

/** `3/12` */
export const progressText = ({ steps }: RunSummary): string =>
  `${steps.filter(isOver).length}/${steps.length}`;

/** The node or object that the run is at; what it was at last when it has ended. */
export function whereText(run: RunSummary): string {
  const step = currentStep(run) ?? run.steps.at(-1);
  return step?.group ?? step?.target ?? '';
}

/** Steps that follow each other for one node. */
export interface StepGroup {
  readonly name: string | null;
  readonly steps: readonly { readonly step: RunStepSummary; readonly number: number }[];
}

export function stepGroups({ steps }: RunSummary): readonly StepGroup[] {
  const groups: { name: string | null; steps: { step: RunStepSummary; number: number }[] }[] = [];
  for (const [index, step] of steps.entries()) {
    const last = groups.at(-1);
    const numbered = { step, number: index + 1 };
    if (last !== undefined && last.name === step.group) last.steps.push(numbered);
    else groups.push({ name: step.group, steps: [numbered] });
  }
  return groups;
}
