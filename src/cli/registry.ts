import { actions } from '../actions/index.js';
import type { Action, Answers } from '../actions/types.js';
import { nextStep } from './nearest.js';
import { UsageError } from './usage-error.js';

/** @throws UsageError that names the nearest action. */
export function findAction(id: string): Action {
  const action = actions.find((each) => each.id === id);
  if (action !== undefined) return action;
  const known = actions.map((each) => each.id);
  throw new UsageError(`Unknown action ${id}.`, nextStep(id, known, 'talos-tui actions'));
}

/** Holds what planning chose, so that planning again gives the same: see `Plan.answers`. */
const PINNED = 'pinned';

/** `--set name=value` pairs of an action. @throws UsageError */
export function readAnswers(action: Action, pairs: readonly string[]): Answers {
  const answers = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0) {
      const missing = equals === 0 ? 'name' : 'value';
      throw new UsageError(`--set ${pair} has no ${missing}.`, 'Write it as --set name=value.');
    }
    const name = pair.slice(0, equals);
    if (name === PINNED) {
      throw new UsageError(
        `${PINNED} is what a plan chooses by itself; it cannot be set.`,
        'Leave it out: the plan shows what it chose.',
      );
    }
    if (!action.answerNames.includes(name)) {
      throw new UsageError(
        `${action.id} does not ask for ${name}.`,
        action.answerNames.length === 0
          ? 'Leave --set out.'
          : nextStep(name, action.answerNames, 'talos-tui actions'),
      );
    }
    answers.set(name, pair.slice(equals + 1));
  }
  return Object.fromEntries(answers);
}
