import { OperatorError } from '../../src/model/errors.js';
import { confirmedPlan, type Planning } from '../../src/runs/confirmed-plan.js';
import { perform } from '../../src/runs/perform.js';
import type { JournalLine } from '../../src/runs/types.js';
import { engineFor, followOpen, journalOn, type Process } from './process.js';
import { Killed, simClock } from './sim-clock.js';

/** A run that pauses for so long has its world mended; pausing on, it is cancelled. */
const PAUSE_PATIENCE_MS = 150_000;
/** One that waits without pausing is looked at later; every eighth operator sleeps through until it gives up. */
const WAIT_PATIENCE_MS = 600_000;
const SLEEPS_EVERY = 8;
const CANCEL_AFTER_MS = 4 * 3_600_000;

export interface Living extends Omit<Process, 'cancel'> {
  /** A rule has been broken. */
  readonly isSpoiled: () => boolean;
}

/** The operator comes back after a while: he mends what he can, and gives up a pause that goes on all the same. */
function watchPauses(
  { sim, faults, journal, isSpoiled }: Living,
  cancel: AbortController,
): () => void {
  const isAsleep = sim.world.facts.seed % SLEEPS_EVERY === 0;
  let isMended = false;
  let stillness = { lines: -1, sinceMs: 0 };
  return sim.world.clock.every(30_000, () => {
    const nowMs = sim.world.clock.monotonicMs();
    // What broke a rule once is told; how it ends tells nothing more.
    if (isSpoiled()) cancel.abort();
    const isPaused = journal.at(-1)?.type === 'paused';
    // What a wait sees last changes all the time.
    const lines = isPaused ? -2 : journal.filter(({ type }) => type !== 'observed').length;
    if (lines !== stillness.lines) stillness = { lines, sinceMs: nowMs };
    const stillMs = nowMs - stillness.sinceMs;
    const isMissed = isPaused ? stillMs >= PAUSE_PATIENCE_MS : stillMs >= WAIT_PATIENCE_MS;
    if (!isMissed || (isAsleep && !isPaused)) return;
    if (isPaused && isMended) cancel.abort();
    else if (!isMended) faults.mendAll();
    stillness = { lines, sinceMs: nowMs };
    isMended = true;
  });
}

export type Life = 'succeeded' | 'failed' | 'cancelled' | 'killed';

/** One run process from its first line to its last, or to its sudden end. */
export async function live(run: Living): Promise<Life> {
  const { sim, faults, journal } = run;
  const clock = simClock(sim.world);
  faults.renew(clock);
  const earlier = [...journal];
  const cancel = new AbortController();
  const stops = [
    sim.world.clock.after(CANCEL_AFTER_MS, () => cancel.abort()),
    watchPauses(run, cancel),
  ];
  const session = sim.attach();
  const process: Process = { ...run, cancel: cancel.signal };
  const write = (line: Parameters<typeof journal.push>[0]) => void journal.push(line);
  write({
    atMs: clock.now(),
    type: 'started',
    pid: 1,
    processStart: '1',
    host: 'sim',
    resumed: earlier.length > 0,
  });
  try {
    await clock.pass(2_000);
    await followOpen(process, session, earlier);
    const planning: Planning = planningOf(process, session, earlier);
    const plan = await clock.driven(confirmedPlan(planning));
    return await perform(plan, engineFor(process, session, planning, earlier));
  } catch (error) {
    if (error instanceof Killed || clock.isKilled()) return 'killed';
    if (!(error instanceof OperatorError) && error !== cancel.signal.reason) throw error;
    const text = error instanceof Error ? error.message : 'cancelled';
    write({
      atMs: clock.now(),
      type: 'failed',
      step: null,
      error: text,
      hint: '',
      state: 'before the steps',
    });
    return cancel.signal.aborted ? 'cancelled' : 'failed';
  } finally {
    for (const stop of stops) stop();
    await session.close();
  }
}

const planningOf = (
  { action, request, faults, cancel, journal }: Process,
  session: Planning['session'],
  earlier: readonly JournalLine[],
): Planning => ({
  action,
  request,
  session,
  earlier,
  journal: journalOn(journal, faults),
  overrides: () => request.overrides,
  clock: faults.clock,
  cancel,
});
