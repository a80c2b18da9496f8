import type { Sight, Step, StepContext } from '../actions/types.js';
import { ClientError, OperatorError } from '../model/errors.js';
import { formatDuration } from '../model/format.js';
import { type Trace, traceOf } from './earlier.js';
import { contextOf, type Engine } from './engine.js';
import { GOES_ON } from './journal-lines.js';
import type { Passage } from './passage.js';

export interface StepRun {
  readonly engine: Engine;
  readonly passage: Passage;
  /** How long the answer to a look may be in coming. */
  readonly lookPatienceMs: number;
  /** Called when the step's own effect begins. */
  readonly onBegin: () => void;
}

/** Look, gates again if it disrupts, intent, do, prove. @throws whatever made it fail */
export async function performStep(step: Step, run: StepRun): Promise<void> {
  const { engine, passage } = run;
  const { journal } = engine;
  journal.append({ type: 'step', step: step.id, title: step.title });
  const report = createReporter(step, engine);
  const waiting = contextOf(step, engine, engine.cancel, report);

  const sight = await patiently(() => step.look(waiting), run.lookPatienceMs, waiting);
  if (sight.done) {
    journal.append({ type: 'already-done', step: step.id, evidence: sight.evidence });
    return;
  }
  const inherited = await proveInherited(step, traceOf(engine.earlier, step.id), waiting);
  if (inherited !== null) {
    journal.append({ type: 'done', step: step.id, evidence: inherited });
    return;
  }
  await passage.pass(step);
  if (step.command.kind === 'local') {
    journal.append({ type: 'intent', step: step.id, command: step.command.text });
  }
  run.onBegin();
  // A disruptive command is never cut off half-way: a wish to stop takes effect while its result is awaited.
  await step.run(step.isDisruptive ? contextOf(step, engine, NEVER, report) : waiting);
  const evidence = await (step.isHeldWhenLate === true
    ? proveHeld(step, waiting, engine)
    : prove(step, waiting));
  journal.append({ type: 'done', step: step.id, evidence });
}

const NEVER = new AbortController().signal;

const REPORT_EVERY_MS = 1_000;

/** Journals what a step sees while it waits: not twice the same, not more than once a second. */
function createReporter(step: Step, { journal, clock }: Engine): (lastSeen: string) => void {
  let last = '';
  let lastAtMs = Number.NEGATIVE_INFINITY;
  return (lastSeen) => {
    const nowMs = clock.now();
    if (lastSeen === last || Math.abs(nowMs - lastAtMs) < REPORT_EVERY_MS) return;
    last = lastSeen;
    lastAtMs = nowMs;
    journal.append({ type: 'observed', step: step.id, lastSeen });
  };
}

/** A moving VIP or a restarting API server fails no step (operations C2). */
const LOOK_PATIENCE_MS = 90_000;

/** What an earlier process began, a reboot for one, may keep everything from answering as long as its proof may take. */
export const lookPatienceMs = (steps: readonly Step[], { earlier }: Engine): number =>
  Math.max(
    LOOK_PATIENCE_MS,
    ...steps
      .filter(({ id }) => traceOf(earlier, id) !== 'nothing')
      .map(({ proveTimeoutMs }) => proveTimeoutMs),
  );

const POLL_MS = 500;
const LEAST_INHERITED_MS = 10_000;

/**
 * An earlier process began this step and did not see its end. What it ordered may still come true: doing it again
 * at once could do it twice.
 * @returns the proof, null when the step is to be done again
 */
async function proveInherited(
  step: Step,
  trace: Trace,
  context: StepContext,
): Promise<string | null> {
  if (trace === 'nothing') return null;
  context.report('an earlier process of this run began it; looks for what came of it');
  // Its command ended well: the same patience as if we had run it, and no second disruption after that.
  if (trace === 'succeeded' && step.isDisruptive) return await prove(step, context);
  const patienceMs = Math.min(
    step.proveTimeoutMs,
    Math.max(LEAST_INHERITED_MS, 2 * step.expectedMs),
  );
  const sight = await patiently(() => step.prove(context), patienceMs, context, true);
  if (sight.done) return sight.evidence;
  context.note(`Nothing came of it so far (${sight.lastSeen}): it is done again.`);
  return null;
}

async function prove(step: Step, context: StepContext): Promise<string> {
  const sight = await patiently(() => step.prove(context), step.proveTimeoutMs, context, true);
  if (sight.done) return sight.evidence;
  throw new ClientError(
    'timeout',
    `${lateText(step)} Last seen: ${sight.lastSeen}`,
    'Look at the node and its events, then resume the run.',
  );
}

/** What is still missing is journalled again when it changes, but not every time. */
const HELD_TEXT_EVERY_MS = 30_000;

/** A late proof pauses the run, and it goes on by itself. @throws AbortSignal's reason when it is cancelled */
async function proveHeld(step: Step, context: StepContext, { journal }: Engine): Promise<string> {
  const first = await patiently(() => step.prove(context), step.proveTimeoutMs, context, true);
  if (first.done) return first.evidence;
  const reason = lateText(step);
  let last = '';
  let lastAtMs = Number.NEGATIVE_INFINITY;
  const report = (lastSeen: string): void => {
    const nowMs = context.clock.now();
    if (lastSeen === last || Math.abs(nowMs - lastAtMs) < HELD_TEXT_EVERY_MS) return;
    last = lastSeen;
    lastAtMs = nowMs;
    journal.append({ type: 'paused', reason, waitsFor: lastSeen, heldBy: 'world' });
  };
  report(first.lastSeen);
  const held: StepContext = { ...context, report };
  const sight = await patiently(() => step.prove(held), Number.POSITIVE_INFINITY, held, true);
  if (!sight.done) throw new Error('A wait without an end has ended.');
  journal.append({ type: 'note', text: GOES_ON });
  return sight.evidence;
}

const lateText = ({ proof, proveTimeoutMs }: Step): string =>
  `${proof} was not seen within ${formatDuration(proveTimeoutMs)}.`;

/** More than any single question takes: the clock jumps when a host wakes up or its time is set. */
const LONGEST_TURN_MS = 30_000;

/** Asks again while the answer does not come, and with `untilDone` while it is not yet so. */
async function patiently(
  ask: () => Promise<Sight>,
  patienceMs: number,
  { clock, signal, report }: StepContext,
  untilDone = false,
): Promise<Sight> {
  for (let waitedMs = 0; ; ) {
    signal.throwIfAborted();
    const beganAtMs = clock.now();
    const sight = await unlessAway(ask, waitedMs < patienceMs);
    if (sight.done || !(untilDone || sight.isAway) || waitedMs >= patienceMs) return sight;
    report(sight.lastSeen);
    await clock.sleep(POLL_MS, signal);
    waitedMs += Math.min(LONGEST_TURN_MS, Math.max(POLL_MS, clock.now() - beganAtMs));
  }
}

/** @throws what the question throws, except that nobody is there while there is still time. */
async function unlessAway(
  ask: () => Promise<Sight>,
  hasTime: boolean,
): Promise<Sight & { readonly isAway: boolean }> {
  try {
    return { ...(await ask()), isAway: false };
  } catch (error) {
    const isAway =
      error instanceof OperatorError && (error.kind === 'unreachable' || error.kind === 'timeout');
    if (!isAway || !hasTime) throw error;
    return { done: false, lastSeen: error.message, isAway };
  }
}
