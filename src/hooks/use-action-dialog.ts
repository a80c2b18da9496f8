import { useState } from 'react';
import { PINNED } from '../actions/pinned.js';
import type { Action, Answers, Form, Plan, Refusal } from '../actions/types.js';
import { unreachable } from '../model/unreachable.js';
import { planAgain } from './plan-again.js';
import { type InspectionView, useInspection } from './use-inspection.js';
import { useNowMs } from './use-now.js';
import { useStore } from './use-store.js';
import { useWiring } from './wiring.js';

/** What the dialog of an action shows. */
export type Stage =
  | { readonly kind: 'form'; readonly form: Form }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** What is wanted was not read yet: a first look at the plan, if there is one, that nobody can confirm. */
  | { readonly kind: 'reading'; readonly plan: Plan | null }
  | { readonly kind: 'plan'; readonly plan: Plan; readonly shownAtMs: number };

export interface ActionDialog {
  readonly stage: Stage;
  readonly inspection: InspectionView;
}

interface Shown {
  readonly plan: Plan;
  readonly atMs: number;
}

/** Program versions and free space are no part of the snapshot. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_AGAIN_WHEN_GREEN_MS = 5_000;

/**
 * Plans again with every snapshot and every inspection. Until the plan has pinned what it found out it may still
 * change; from then on it stays, and only its gates live on.
 */
export function useActionDialog(action: Action, answers: Answers): ActionDialog {
  const wiring = useWiring();
  useStore(wiring.snapshots);
  const [shown, setShown] = useState<Shown | null>(null);
  const inspection = useInspection(action, shown?.plan.answers ?? answers);
  const stage =
    shown === null
      ? stageOf(wiring.plan(action, answers), inspection, wiring.nowMs())
      : { kind: 'plan' as const, plan: planAgain(wiring, shown.plan), shownAtMs: shown.atMs };
  if (shown === null && stage.kind === 'plan') {
    setShown({ plan: stage.plan, atMs: stage.shownAtMs });
  }
  const isCalm = stage.kind === 'form' || (stage.kind === 'plan' && isGreen(stage.plan));
  useNowMs(isCalm ? LOOK_AGAIN_WHEN_GREEN_MS : LOOK_AGAIN_MS);
  return { stage, inspection };
}

const isGreen = ({ gates }: Plan): boolean => gates.every(({ state }) => state === 'green');

function stageOf(
  planned: Plan | Refusal | Form,
  { isComplete, what }: InspectionView,
  nowMs: number,
): Stage {
  switch (planned.kind) {
    case 'form':
      return { kind: 'form', form: planned };
    case 'refusal':
      return isComplete ? { kind: 'refused', refusal: planned } : { kind: 'reading', plan: null };
    case 'plan':
      return isComplete && (what === '' || PINNED in planned.answers)
        ? { kind: 'plan', plan: planned, shownAtMs: nowMs }
        : { kind: 'reading', plan: planned };
    default:
      return unreachable(planned);
  }
}
