import { fingerprint } from '../actions/fingerprint.js';
import type { Form, Gate, Plan, Refusal } from '../actions/types.js';
import type { Engine, StepRun } from './engine.js';

/** Gates that stand in the way: red or unknown, and not overridden where that is allowed. */
export const closedGates = (
  gates: readonly Gate[],
  overrides: readonly string[],
): readonly Gate[] =>
  gates.filter(
    ({ id, state, override }) =>
      state !== 'green' && (override === 'no' || !overrides.includes(id)),
  );

/** Whether the next disruption may begin: given by the operator, or needed from him. */
type Leave = 'if watched' | 'if told' | 'given';

interface Obstacle {
  readonly reason: string;
  readonly waitsFor: string;
  /** Only the operator can remove it. */
  readonly isUnwatched: boolean;
}

const POLL_MS = 500;

/**
 * Lets a disruptive step through. A closed gate pauses the run until it opens; when nobody watches and the run
 * was not told to keep going, it pauses until the operator says so.
 * @throws AbortSignal's reason when the run is cancelled meanwhile
 */
export async function passGates(run: StepRun): Promise<void> {
  const { journal, clock, cancel } = run.engine;
  let announced = '';
  let leave: Leave = 'if watched';
  for (;;) {
    cancel.throwIfAborted();
    if (run.engine.takeContinue()) leave = 'given';
    const obstacle = findObstacle(run, leave);
    if (obstacle === null) break;
    // A console that is opened later only looks: it must not set a disruption off by itself.
    if (obstacle.isUnwatched) leave = 'if told';
    if (obstacle.reason !== announced) {
      journal.append({ type: 'paused', reason: obstacle.reason, waitsFor: obstacle.waitsFor });
      announced = obstacle.reason;
    }
    await clock.sleep(POLL_MS, cancel);
  }
  if (announced !== '') journal.append({ type: 'note', text: 'Goes on.' });
}

function findObstacle({ fingerprint: confirmed, engine }: StepRun, leave: Leave): Obstacle | null {
  const planned = engine.replan();
  return changeObstacle(planned, confirmed, engine) ?? watchObstacle(engine, leave);
}

function changeObstacle(
  planned: Plan | Refusal | Form,
  confirmed: string,
  { overrides }: Engine,
): Obstacle | null {
  const isUnwatched = false;
  if (planned.kind === 'refusal') {
    return { reason: planned.reason, waitsFor: planned.hint, isUnwatched };
  }
  if (planned.kind === 'form' || fingerprint(planned) !== confirmed) {
    return {
      reason: 'The cluster has changed: the plan would no longer be the one that was confirmed.',
      waitsFor: 'the state that was confirmed; or cancel the run and plan again',
      isUnwatched,
    };
  }
  const [gate] = closedGates(planned.gates, overrides);
  return gate === undefined
    ? null
    : { reason: `${gate.id}: ${gate.text}`, waitsFor: gate.remedy, isUnwatched };
}

function watchObstacle({ keepGoing, isWatched }: Engine, leave: Leave): Obstacle | null {
  return keepGoing || leave === 'given' || (leave === 'if watched' && isWatched())
    ? null
    : {
        reason: 'Nobody watches, and the next step disrupts a node.',
        waitsFor: 'the operator: resume the run',
        isUnwatched: true,
      };
}
