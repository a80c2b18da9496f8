import type { Action, Answers } from '../actions/types.js';
import type { Attached } from './attached.js';

/** After this, what still waits is reported as waiting. */
const PATIENCE_MS = 8_000;

export type Hearing = Pick<Attached, 'snapshots' | 'isSettled'>;

/** Waits until every source has said something: a value or an error. */
export const waitUntilHeard = (attached: Hearing): Promise<void> =>
  waitUntil(attached, attached.isSettled);

/** Waits until the action has heard what it plans with; it refuses by itself what never came. */
export const waitUntilPlannable = (
  attached: Attached,
  action: Action,
  answers: Answers,
): Promise<void> =>
  waitUntil(attached, () => action.missing(attached.snapshots.get(), answers).length === 0);

function waitUntil({ snapshots }: Hearing, isReady: () => boolean): Promise<void> {
  if (isReady()) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(finish, PATIENCE_MS);
    const unsubscribe = snapshots.subscribe(() => {
      if (isReady()) finish();
    });
  });
}
