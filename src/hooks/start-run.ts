import type { Plan } from '../actions/types.js';
import { OperatorError } from '../model/errors.js';
import { sentences } from '../model/sentence.js';
import { open } from './place.js';
import type { Ui } from './ui.js';
import type { Wiring } from './wiring.js';

/** Starts what was confirmed and shows it at once. */
export async function startRun(
  wiring: Wiring,
  ui: Ui,
  plan: Plan,
  overrides: readonly string[],
): Promise<void> {
  try {
    const runId = await wiring.startRun(plan, overrides);
    ui.startedRuns.update((started) => new Set([...started, runId]));
    ui.modal.update(() => null);
    ui.place.update((place) => open(place, { kind: 'run', runId }));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    ui.modal.update(() => null);
    ui.say('fail', sentences(error.message, error.hint));
  }
}
