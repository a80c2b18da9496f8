import { actions } from '../../src/actions/index.js';
import type { Action, Answers, Plan, PlanContext, Refusal } from '../../src/actions/types.js';
import { OperatorError } from '../../src/model/errors.js';
import { confirmedPlan, type Planning } from '../../src/runs/confirmed-plan.js';
import { closedGates } from '../../src/runs/passage.js';
import { perform } from '../../src/runs/perform.js';
import { runRequest } from '../../src/runs/request.js';
import type { JournalLine } from '../../src/runs/types.js';
import { chooseTrial, type Restriction, type TrialPlan } from './choices.js';
import { createDice } from './dice.js';
import { judgeEnd } from './endings.js';
import { createFaults } from './faults.js';
import { watchdog } from './invariants.js';
import { contextNow, engineFor, followOpen, journalOn, type Process } from './process.js';
import { type Common, createSim, type Sim, simWorld } from './sim.js';
import { Killed, simClock } from './sim-clock.js';

export interface TrialResult {
  readonly seed: number;
  readonly plan: TrialPlan;
  readonly outcome: 'refused' | 'succeeded' | 'failed' | 'cancelled' | 'crashed';
  /** The journal's last words. */
  readonly ending: string;
  readonly processes: number;
  readonly faults: readonly string[];
  readonly violations: readonly string[];
  readonly journal: readonly JournalLine[];
}

const MOST_PROCESSES = 12;
/** After so many processes everything is mended: a run that still does not get through has a bug. */
const MEND_AFTER = 6;
/** A run that pauses for so long has its world mended; pausing on, it is cancelled. */
const PATIENCE_MS = 8 * 60_000;
const CANCEL_AFTER_MS = 4 * 3_600_000;

/** One operator, one action, one world, and what goes wrong in it; the same for the same seed. */
export async function trial(
  common: Common,
  seed: number,
  only: Restriction = {},
): Promise<TrialResult> {
  const dice = createDice(seed);
  const chosen = chooseTrial(dice, only);
  const world = simWorld(common, { ...chosen, seed });
  const faults = createFaults(world, dice, chosen.faults, simClock(world));
  const journal: JournalLine[] = [];
  let plan: Plan | null = null;
  const dog = watchdog(world, {
    action: chosen.action,
    mark: () => /"mark":"([^"]+)"/.exec(plan?.answers.pinned ?? '')?.[1] ?? null,
    lastIntent: () => lastIntentOf(journal),
    mayLoseExtensions: false,
  });
  const sim = createSim(common, world, faults, dog.onOrder);
  chosen.prepare(world);
  const result = (
    outcome: TrialResult['outcome'],
    ending: string,
    processes: number,
    more: readonly string[] = [],
  ): TrialResult => ({
    ...{ seed, plan: chosen, outcome, ending, processes, journal, faults: faults.log },
    violations: [...dog.violations, ...more],
  });

  const action = actionOf(chosen.action);
  const planned = await planIn(sim, faults, action, chosen.answers);
  if (planned.kind === 'refusal') {
    const isUntouched = dog.taken.length === 0;
    return result(
      'refused',
      planned.reason,
      0,
      isUntouched ? [] : ['a refused plan changed something'],
    );
  }
  plan = planned;
  faults.begin();
  const request = runRequest(planned, {
    connection: sim.connection,
    operator: 'soak',
    nowMs: world.clock.now(),
    keepGoing: true,
    overrides: [],
    maxDurationMs: null,
  });
  for (let count = 1; count <= MOST_PROCESSES; count += 1) {
    if (count === MEND_AFTER) faults.mendAll();
    const life = await live({ sim, faults, action, request, journal });
    if (life === 'killed' || (life === 'failed' && count < MEND_AFTER + 2)) continue;
    return result(life, endingOf(journal), count, judgeEnd(sim.world, planned, life, journal));
  }
  return result('crashed', endingOf(journal), MOST_PROCESSES, ['it never comes to an end']);
}

function actionOf(id: string): Action {
  const found = actions.find((each) => each.id === id);
  if (found === undefined) throw new Error(`No action ${id}.`);
  return found;
}

const lastIntentOf = (journal: readonly JournalLine[]): string | null => {
  const last = journal.findLast(({ type }) => type === 'intent' || type === 'step');
  return last?.type === 'intent' ? last.command : null;
};

function endingOf(journal: readonly JournalLine[]): string {
  const last = journal.at(-1);
  switch (last?.type) {
    case 'succeeded':
      return last.evidence;
    case 'failed':
      return `${last.error} ${last.state}`;
    case 'cancelled':
      return last.state;
    default:
      return last === undefined ? '' : JSON.stringify(last);
  }
}

const PLAN_PATIENCE_MS = 60_000;

/** As the command line plans: suggestions are taken, and what is not heard yet is waited for. */
async function planIn(
  sim: Sim,
  faults: Process['faults'],
  action: Action,
  given: Answers,
): Promise<Plan | Refusal> {
  const session = sim.attach();
  try {
    for (let waitedMs = 0; ; waitedMs += 1_000) {
      await faults.clock.pass(1_000);
      const answers = given;
      const snapshot = session.snapshot();
      const isLast = waitedMs >= PLAN_PATIENCE_MS;
      if (action.missing(snapshot, answers).length > 0 && !isLast) continue;
      const facts = await faults.clock.driven(
        session.facts.refresh(action.wants?.(snapshot, answers)),
      );
      const context: PlanContext = { ...contextNow(sim, session, answers), facts };
      const outcome = withSuggestions(action, context);
      if (outcome.kind === 'refusal') return outcome;
      const closed = closedGates(outcome.gates, []);
      if (closed.length === 0) return outcome;
      const [first] = closed;
      if (first !== undefined && (isLast || closed.every(({ state }) => state === 'red'))) {
        return {
          kind: 'refusal',
          reason: `${first.id}: ${first.text}`,
          hint: first.remedy,
          gate: first.id,
        };
      }
    }
  } finally {
    await session.close();
  }
}

function withSuggestions(action: Action, context: PlanContext): Plan | Refusal {
  let { answers } = context;
  for (;;) {
    const outcome = action.plan({ ...context, answers });
    if (outcome.kind !== 'form') return outcome;
    answers = {
      ...answers,
      ...Object.fromEntries(outcome.questions.map(({ name, suggestion }) => [name, suggestion])),
    };
  }
}

/** The operator comes back after a while: he mends what he can, and gives up if that does not help. */
function watchPauses(
  { sim, faults, journal }: Omit<Process, 'cancel'>,
  cancel: AbortController,
): () => void {
  let isMended = false;
  let pausedSinceMs: number | null = null;
  return sim.world.clock.every(60_000, () => {
    const nowMs = sim.world.clock.monotonicMs();
    if (journal.at(-1)?.type !== 'paused') pausedSinceMs = null;
    else pausedSinceMs ??= nowMs;
    if (pausedSinceMs === null || nowMs - pausedSinceMs < PATIENCE_MS) return;
    pausedSinceMs = null;
    if (isMended) cancel.abort();
    else faults.mendAll();
    isMended = true;
  });
}

type Life = 'succeeded' | 'failed' | 'cancelled' | 'killed';

/** One run process from its first line to its last, or to its sudden end. */
async function live(run: Omit<Process, 'cancel'>): Promise<Life> {
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
