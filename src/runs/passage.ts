import { fingerprint } from '../actions/fingerprint.js';
import type { Form, Gate, Plan, PlanContext, Refusal, Step } from '../actions/types.js';
import { OperatorError } from '../model/errors.js';
import { formatDuration } from '../model/format.js';
import type { RunPause } from '../model/run.js';
import type { Engine } from './engine.js';
import { LOCK_GATE } from './gates-ahead.js';
import { GOES_ON } from './journal-lines.js';
import type { GatePolicy } from './types.js';

/** Gates that stand in the way: red or unknown, and not overridden where that is allowed. */
export const closedGates = (
  gates: readonly Gate[],
  overrides: readonly string[],
): readonly Gate[] =>
  gates.filter(
    ({ id, state, override }) =>
      state !== 'green' && (override === 'no' || !overrides.includes(id)),
  );

/** Lets the steps of a run through, one after the other. */
export interface Passage {
  /**
   * Before a step that has something to do: it waits as long as anything stands in the way.
   * @throws AbortSignal's reason when the run is cancelled meanwhile
   */
  readonly pass: (step: Step) => Promise<void>;
}

interface Obstacle {
  /** The same as long as it is the same thing that is waited for. */
  readonly key: string;
  readonly reason: string;
  readonly waitsFor: string;
  /** Absent: it goes away by itself. */
  readonly heldBy?: RunPause['heldBy'];
  readonly gate?: GatePolicy;
  /** An answer is missing, and nothing is known to be wrong. */
  readonly isUnsure?: boolean;
}

/** Whether the next disruption may begin: given by the operator, or needed from him. */
type Leave = 'if watched' | 'if told' | 'given';

const OPERATOR_POLL_MS = 500;
/** The cluster is inspected for every look, and that is no small matter: who waits for long looks less often. */
const WORLD_POLL_MS = 2_000;
const PATIENT_POLL_MS = 5_000;
const PATIENT_AFTER_MS = 30_000;
/** A source that missed one answer is asked again before the run is called paused. */
const UNSURE_MS = 10_000;
/** A changing text is journalled again, but not every time. */
const ANNOUNCE_EVERY_MS = 30_000;

/**
 * What only the operator can remove is asked first: the cluster is not inspected for a run that would wait anyway.
 * A closed gate pauses the run until it opens, and it goes on by itself.
 */
export function createPassage(plan: Plan, engine: Engine): Passage {
  const { journal, clock, cancel } = engine;
  const confirmed = fingerprint(plan);
  let countsFromMs = clock.now();

  return {
    async pass(step) {
      const gateStates = new Map<string, string>();
      let announced: Obstacle | null = null;
      let sinceAnnouncedMs = 0;
      let waitedMs = 0;
      let unsureMs = 0;
      let leave: Leave = 'if watched';
      for (;;) {
        cancel.throwIfAborted();
        // Before it pauses nobody can let it go on: that was meant for a pause which had just ended by itself.
        if (engine.takeContinue() && announced !== null) {
          leave = 'given';
          countsFromMs = clock.now();
        }
        const asked = askOperator(step, plan, engine, {
          leave,
          elapsedMs: clock.now() - countsFromMs,
        });
        // A console that is opened later only looks: it must not set a disruption off by itself.
        if (asked?.key === UNWATCHED) leave = 'if told';
        const obstacle = asked ?? (await askWorld(step, confirmed, engine, gateStates));
        if (obstacle === null) break;
        if (!obstacle.isUnsure) unsureMs = 0;
        const isTold = !obstacle.isUnsure || unsureMs >= UNSURE_MS;
        if (isTold && isNews(obstacle, announced, sinceAnnouncedMs)) {
          const { key: _, isUnsure: __, ...told } = obstacle;
          journal.append({ type: 'paused', heldBy: 'world', ...told });
          announced = obstacle;
          sinceAnnouncedMs = 0;
        }
        const pauseMs = asked === null ? worldPollMs(waitedMs) : OPERATOR_POLL_MS;
        waitedMs += pauseMs;
        unsureMs += pauseMs;
        await clock.sleep(pauseMs, cancel);
        sinceAnnouncedMs += pauseMs;
      }
      if (announced === null) return;
      // Leave that was given twice is not kept for the next disruption.
      engine.takeContinue();
      journal.append({ type: 'note', text: GOES_ON });
    },
  };
}

const worldPollMs = (waitedMs: number): number =>
  waitedMs < PATIENT_AFTER_MS ? WORLD_POLL_MS : PATIENT_POLL_MS;

const isNews = (now: Obstacle, before: Obstacle | null, sinceMs: number): boolean =>
  now.key !== before?.key || (now.reason !== before.reason && sinceMs >= ANNOUNCE_EVERY_MS);

const UNWATCHED = 'unwatched';

function askOperator(
  step: Step,
  plan: Plan,
  { isPauseWished, keepGoing, isWatched, maxDurationMs }: Engine,
  { leave, elapsedMs }: { readonly leave: Leave; readonly elapsedMs: number },
): Obstacle | null {
  if (leave === 'given') return null;
  const forOperator = {
    heldBy: 'operator',
    waitsFor: 'the operator to let the run go on',
  } as const;
  if (isPauseWished() && beginsAnother(step, plan)) {
    return {
      key: 'wished',
      reason: `It was asked to pause before it begins with ${step.group ?? step.title}.`,
      ...forOperator,
    };
  }
  if (!step.isDisruptive) return null;
  if (maxDurationMs !== null && elapsedMs >= maxDurationMs) {
    return {
      key: 'duration',
      reason: `It has taken longer than the ${formatDuration(maxDurationMs)} that it was given, and the next step is disruptive.`,
      ...forOperator,
    };
  }
  return keepGoing || (leave === 'if watched' && isWatched())
    ? null
    : {
        key: UNWATCHED,
        reason: 'Nobody watches, and the next step disrupts a node.',
        ...forOperator,
      };
}

/** The first step of a group that disrupts; what belongs to the node before it is left finished. */
function beginsAnother({ id, group, isDisruptive }: Step, { steps }: Plan): boolean {
  if (group === undefined) return isDisruptive;
  const index = steps.findIndex((step) => step.id === id);
  return (
    steps[index - 1]?.group !== group &&
    steps.some((step) => step.group === group && step.isDisruptive)
  );
}

async function askWorld(
  step: Step,
  confirmed: string,
  engine: Engine,
  gateStates: Map<string, string>,
): Promise<Obstacle | null> {
  const lost = await engine.lostLock();
  if (lost !== null) {
    return {
      key: 'lock',
      reason: `${LOCK_GATE}: ${lost}`,
      waitsFor: 'the lock to come back; or cancel the run',
      gate: { id: LOCK_GATE, override: 'type' },
    };
  }
  if (!step.isDisruptive) return null;
  let context: PlanContext;
  try {
    context = await engine.inspect();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { key: 'inspection', reason: error.message, waitsFor: error.hint, isUnsure: true };
  }
  const planned = engine.replan(context);
  const changed = changeObstacle(planned, confirmed);
  if (changed !== null || planned.kind !== 'plan') return changed;
  const gates = step.gates?.(context) ?? planned.gates;
  journalGates(gates, engine, gateStates);
  const [gate] = closedGates(gates, engine.overrides());
  return gate === undefined ? null : gateObstacle(gate);
}

const gateObstacle = ({ id, state, text, remedy, override }: Gate): Obstacle => ({
  reason: `${id}: ${text}`,
  gate: { id, override },
  ...(state === 'unknown'
    ? {
        key: `${id} unknown`,
        waitsFor: `the missing answer, which is asked for again by itself. If it stays away: ${remedy}`,
        isUnsure: true,
      }
    : { key: id, waitsFor: remedy }),
});

function changeObstacle(planned: Plan | Refusal | Form, confirmed: string): Obstacle | null {
  if (planned.kind === 'refusal') {
    return { key: planned.reason, reason: planned.reason, waitsFor: planned.hint };
  }
  return planned.kind === 'form' || fingerprint(planned) !== confirmed
    ? {
        key: 'changed',
        reason: 'The cluster has changed: the plan would no longer be the one that was confirmed.',
        waitsFor: 'the state that was confirmed; or cancel the run and plan again',
      }
    : null;
}

/** What each gate said right before the step, and every change of it. */
function journalGates(
  gates: readonly Gate[],
  { journal }: Engine,
  known: Map<string, string>,
): void {
  for (const { id, state, text } of gates) {
    if (known.get(id) === state) continue;
    known.set(id, state);
    journal.append({ type: 'gate', id, state, text });
  }
}
