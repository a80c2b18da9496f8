import type { Plan, Step } from '../actions/types.js';
import { MARK_KEY } from '../model/cordon-mark.js';
import { ClientError, OperatorError } from '../model/errors.js';
import { freshValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { BUG_HINT, bugText } from './bug.js';
import { contextOf, type Engine } from './engine.js';
import { leftStates, type Reach, reachFromJournal } from './named-state.js';

/** Steps by what became of them, for the sentences that a run ends with. */
export interface Progress {
  readonly plan: Plan;
  readonly done: readonly Step[];
  readonly current: Step | null;
  /** The current step's own effect has begun, in this process. */
  readonly isBegun: boolean;
}

const RESUME_HINT = 'Resume it to continue where it stopped.';

/** What a cancelled run ends with: every step by name, what the nodes are left in, and how to go on. */
export async function cancelledEnd(
  error: unknown,
  progress: Progress,
  engine: Engine,
): Promise<{ readonly state: string; readonly hint: string }> {
  const { current } = progress;
  // Between two steps the next one knows what it would have begun with.
  const looked = current ?? nextOf(progress);
  const seen = looked === null ? null : await lookOnce(looked, engine);
  const how = seen === null ? 'was stopped' : `was stopped${failureIn(error)}: ${seen.text}`;
  return {
    state: [stateText(progress, how), ...left(progress, engine, { looked, seen })].join(' '),
    hint: RESUME_HINT,
  };
}

/** What a failed run ends with. */
export async function failedEnd(
  error: unknown,
  progress: Progress,
  engine: Engine,
): Promise<{ readonly error: string; readonly hint: string; readonly state: string }> {
  const { current } = progress;
  const isOurs = !(error instanceof OperatorError);
  const seen = current === null || isOurs ? null : await lookOnce(current, engine);
  const how = seen?.isDone === true ? `failed, but ${seen.text}` : 'failed';
  const state = [
    stateText(progress, how),
    ...left(progress, engine, { looked: current, seen }),
  ].join(' ');
  return isOurs
    ? { error: bugText(error), hint: BUG_HINT, state }
    : { error: error.message, hint: error.hint, state };
}

/** A command that was let run to its end may have failed by itself meanwhile. */
const failureIn = (error: unknown): string =>
  error instanceof OperatorError && error.kind !== 'cancelled' ? ` (${error.message})` : '';

const LAST_LOOK_MS = 10_000;

interface LastSight {
  readonly isDone: boolean;
  readonly text: string;
  /** As the step saw it; absent: it did not say. */
  readonly left?: string;
}

/** What the interrupted step left behind, for the closing sentence: whoever ended the run waits for it. */
async function lookOnce(step: Step, engine: Engine): Promise<LastSight> {
  const limit = new AbortController();
  const over = new ClientError('timeout', 'nothing answers', 'Look at it yourself.');
  const stopTimer = engine.clock.after(LAST_LOOK_MS, () => limit.abort(over));
  try {
    const sight = await Promise.race([
      step.look(contextOf(step, engine, limit.signal)),
      untilAborted(limit.signal),
    ]);
    const { left } = sight;
    return {
      ...(sight.done
        ? { isDone: true, text: `it took effect, ${sight.evidence}` }
        : { isDone: false, text: sight.lastSeen }),
      ...(left === undefined ? {} : { left }),
    };
  } catch (thrown) {
    // What was cut off may say so in its own way.
    const error = limit.signal.aborted ? over : thrown;
    if (error instanceof OperatorError) {
      return { isDone: false, text: `what it left is unknown, ${error.message}` };
    }
    throw error;
  } finally {
    stopTimer();
  }
}

/** Rejects with the reason: not every question listens to the signal. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

const nextOf = ({ plan, done }: Progress): Step | null =>
  plan.steps.find((step) => !done.includes(step)) ?? null;

interface LastLook {
  readonly looked: Step | null;
  readonly seen: LastSight | null;
}

function reachIn(
  { done, current, isBegun }: Progress,
  { earlier }: Engine,
  { looked, seen }: LastLook,
): (step: string) => Reach {
  const before = reachFromJournal(earlier);
  const proven = new Set(done.map(({ id }) => id));
  return (step) => {
    if (proven.has(step)) return 'proven';
    if (step === current?.id && seen?.isDone === true && seen.left === undefined) return 'proven';
    if (step === current?.id && isBegun) return 'begun';
    // What it is still to take away is there.
    if (step === looked?.id && seen?.isDone === false && seen.left) return 'begun';
    // A new process proves every step again, but what an earlier one began stays begun.
    return before(step) === 'untouched' ? 'untouched' : 'begun';
  };
}

function left(progress: Progress, engine: Engine, look: LastLook): readonly string[] {
  const ownState = look.seen?.left;
  return leftStates({
    steps: progress.plan.steps.map((step) =>
      step === look.looked && ownState !== undefined
        ? { ...step, stateWhenStopped: ownState }
        : step,
    ),
    reachOf: reachIn(progress, engine, look),
    isCordoned: cordons(engine.context.snapshot()),
    markOn: marks(engine.context.snapshot()),
  });
}

const cordons =
  ({ kubeNodes }: Snapshot) =>
  (node: string): boolean | null =>
    freshValue(kubeNodes)?.find(({ name }) => name === node)?.isUnschedulable ?? null;

const marks =
  ({ kubeNodes }: Snapshot) =>
  (node: string): string | null | undefined => {
    const found = freshValue(kubeNodes)?.find(({ name }) => name === node);
    return found === undefined ? undefined : (found.annotations[MARK_KEY] ?? null);
  };

/** `Done: a, b. "c" failed. Not begun: d.`; of many steps their number. */
function stateText({ plan, done, current }: Omit<Progress, 'isBegun'>, how: string): string {
  const ended = new Set([...done, ...(current === null ? [] : [current])]);
  const rest = plan.steps.filter((step) => !ended.has(step));
  return [
    done.length === 0 ? 'No step is done.' : `Done: ${doneText(done)}.`,
    current === null ? '' : `"${current.title}" ${how}.`,
    rest.length === 0 ? '' : `Not begun: ${restText(rest)}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** A rolling upgrade has dozens of steps: then the last and the next are what matters. */
const MOST_NAMED = 6;

const doneText = (steps: readonly Step[]): string =>
  steps.length <= MOST_NAMED
    ? titles(steps)
    : `${steps.length} steps, the last "${steps.at(-1)?.title}"`;

const restText = (steps: readonly Step[]): string =>
  steps.length <= MOST_NAMED
    ? titles(steps)
    : `${steps.length} steps, the first "${steps[0]?.title}"`;

const titles = (steps: readonly Step[]): string => steps.map(({ title }) => title).join(', ');
