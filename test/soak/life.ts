import { OperatorError } from '../../src/model/errors.js';
import { confirmedPlan, type Planning } from '../../src/runs/confirmed-plan.js';
import { perform } from '../../src/runs/perform.js';
import type { JournalLine } from '../../src/runs/types.js';
import { engineFor, followOpen, journalOn, type Process } from './process.js';
import { Killed, simClock } from './sim-clock.js';

/** A run that pauses for so long has its world mended; pausing on, it is cancelled. */
const PATIENCE_MS = 150_000;
const CANCEL_AFTER_MS = 4 * 3_600_000;

export interface Living extends Omit<Process, 'cancel'> {
  /** A rule has been broken. */
  readonly isSpoiled: () => boolean;
}

/** The operator comes back after a while: he mends what he can, and gives up if that does not help. */
function watchPauses(
  { sim, faults, journal, isSpoiled }: Living,
  cancel: AbortController,
): () => void {
  let isMended = false;
  let pausedSinceMs: number | null = null;
  return sim.world.clock.every(30_000, () => {
    const nowMs = sim.world.clock.monotonicMs();
    // What broke a rule once is told; how it ends tells nothing more.
    if (isSpoiled()) cancel.abort();
    if (journal.at(-1)?.type !== 'paused') pausedSinceMs = null;
    else pausedSinceMs ??= nowMs;
    if (pausedSinceMs === null || nowMs - pausedSinceMs < PATIENCE_MS) return;
    pausedSinceMs = null;
    if (isMended) cancel.abort();
    else faults.mendAll();
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
  clock: faults.clock,
  cancel,
});
