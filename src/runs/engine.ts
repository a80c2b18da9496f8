import type { Form, Plan, Refusal, Step, StepContext } from '../actions/types.js';
import type { Clock } from '../clients/clock.js';
import type { Shell } from '../clients/types.js';
import type { Journal } from './journal.js';

/** What a run needs besides its plan; all of it comes from outside, so that tests can bring their own world. */
export interface Engine {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly context: Omit<StepContext, 'shell' | 'signal' | 'report' | 'note' | 'clock'>;
  readonly shellFor: (step: string) => Shell;
  /** Plans again on what is known now: asked before every disruptive step. */
  readonly replan: () => Plan | Refusal | Form;
  readonly overrides: readonly string[];
  readonly keepGoing: boolean;
  readonly isWatched: () => boolean;
  /** Takes the operator's "go on" for a run that paused unwatched; true once. */
  readonly takeContinue: () => boolean;
  /** The wish to stop. */
  readonly cancel: AbortSignal;
}

/** A confirmed plan on its way. */
export interface StepRun {
  readonly plan: Plan;
  readonly fingerprint: string;
  readonly engine: Engine;
}

export function contextOf(step: Step, engine: Engine, signal: AbortSignal): StepContext {
  return {
    ...engine.context,
    clock: engine.clock,
    shell: engine.shellFor(step.id),
    signal,
    report: () => undefined,
    note: (text) => engine.journal.append({ type: 'note', text }),
  };
}
