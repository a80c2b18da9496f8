import type { Sight, Step, StepContext } from '../actions/types.js';
import { ClientError, OperatorError } from '../model/errors.js';
import { formatDuration } from '../model/format.js';
import { unreachable } from '../model/unreachable.js';
import { contextOf, type Engine, type StepRun } from './engine.js';
import { passGates } from './passage.js';

/** Look, gates again if it disrupts, intent, do, prove. @throws whatever made it fail */
export async function performStep(step: Step, run: StepRun): Promise<void> {
  const { engine } = run;
  const { journal } = engine;
  journal.append({ type: 'step', step: step.id, title: step.title });
  const report = createReporter(step, engine);
  const contextWith = (signal: AbortSignal): StepContext => ({
    ...contextOf(step, engine, signal),
    report,
  });
  const waiting = contextWith(engine.cancel);

  const sight = await patiently(() => step.look(waiting), LOOK_PATIENCE_MS, waiting);
  if (sight.done) {
    journal.append({ type: 'already-done', step: step.id, evidence: sight.evidence });
    return;
  }
  if (step.isDisruptive) await passGates(run);
  if (step.command.kind !== 'argv') {
    journal.append({ type: 'intent', step: step.id, command: commandText(step.command) });
  }
  // A disruptive command is never cut off half-way: a wish to stop takes effect while its result is awaited.
  await step.run(step.isDisruptive ? contextWith(NEVER) : waiting);
  const evidence = await prove(step, waiting);
  journal.append({ type: 'done', step: step.id, evidence });
}

const NEVER = new AbortController().signal;

function commandText(command: Exclude<Step['command'], { readonly kind: 'argv' }>): string {
  switch (command.kind) {
    case 'api':
      return `${command.method} ${command.path}`;
    case 'local':
      return command.text;
    default:
      return unreachable(command);
  }
}

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
const POLL_MS = 500;

async function prove(step: Step, context: StepContext): Promise<string> {
  const sight = await patiently(() => step.prove(context), step.proveTimeoutMs, context, true);
  if (sight.done) return sight.evidence;
  throw new ClientError(
    'timeout',
    `${step.proof} was not seen within ${formatDuration(step.proveTimeoutMs)}. Last seen: ${sight.lastSeen}`,
    'Look at the node and its events, then resume the run.',
  );
}

/**
 * Asks again while the answer does not come, and with `untilDone` while it is not yet so. Time is counted in
 * pauses, not read from the clock: that jumps when a host wakes up or its time is set.
 */
async function patiently(
  ask: () => Promise<Sight>,
  patienceMs: number,
  { clock, signal, report }: StepContext,
  untilDone = false,
): Promise<Sight> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    signal.throwIfAborted();
    const sight = await unlessAway(ask, waitedMs < patienceMs);
    if (sight.done || !(untilDone || sight.isAway) || waitedMs >= patienceMs) return sight;
    report(sight.lastSeen);
    await clock.sleep(POLL_MS, signal);
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
