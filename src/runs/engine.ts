import type { Form, Plan, PlanContext, Refusal, Step, StepContext } from '../actions/types.js';
import type { Clock } from '../clients/clock.js';
import type { Shell } from '../clients/types.js';
import type { Journal } from './journal.js';
import { placeOrder } from './order.js';
import type { Overrides } from './overrides.js';
import type { JournalLine } from './types.js';

/** What a run needs besides its plan; all of it comes from outside, so that tests can bring their own world. */
export interface Engine {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly context: Omit<
    StepContext,
    'shell' | 'order' | 'inspect' | 'signal' | 'report' | 'note' | 'clock'
  >;
  readonly shellFor: (step: string) => Shell;
  /** Lines of earlier processes of this run. */
  readonly earlier: readonly JournalLine[];
  /** Reads again what the action wants to know. @throws OperatorError */
  readonly inspect: () => Promise<PlanContext>;
  /** Plans again on what was just inspected: asked before every disruptive step. */
  readonly replan: (context: PlanContext) => Plan | Refusal | Form;
  /** Why the cluster is not ours to change any more; null while it is. */
  readonly lostLock: () => Promise<string | null>;
  readonly overrides: Overrides;
  readonly keepGoing: boolean;
  /** After so long the run pauses before it disrupts again; null: never. */
  readonly maxDurationMs: number | null;
  readonly isWatched: () => boolean;
  /** The operator wants a pause before the steps of another node begin. */
  readonly isPauseWished: () => boolean;
  /** Takes the operator's "go on" for a run that paused for him; true once. */
  readonly takeContinue: () => boolean;
  /** The wish to stop. */
  readonly cancel: AbortSignal;
}

export function contextOf(
  step: Step,
  engine: Engine,
  signal: AbortSignal,
  report: StepContext['report'] = () => undefined,
): StepContext {
  const { journal, clock, context, shellFor, inspect } = engine;
  return {
    ...context,
    clock,
    shell: shellFor(step.id),
    order: (order) =>
      placeOrder(order, { step: step.id, pve: context.pve, journal, clock, signal, report }),
    inspect,
    // A step may wait for long: what is overridden meanwhile counts.
    get overrides() {
      return engine.overrides();
    },
    signal,
    report,
    note: (text) => journal.append({ type: 'note', text }),
  };
}
