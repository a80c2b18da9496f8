import { actions } from '../../src/actions/index.js';
import type { Action, Plan } from '../../src/actions/types.js';
import type { World } from '../../src/lab/world/types.js';
import { runRequest } from '../../src/runs/request.js';
import type { JournalLine } from '../../src/runs/types.js';
import { chooseTrial, type Restriction, type TrialPlan } from './choices.js';
import { createDice } from './dice.js';
import { judgeEnd } from './endings.js';
import { createFaults, type Faults } from './faults.js';
import { watchdog } from './invariants.js';
import { live } from './life.js';
import type { Order } from './orders.js';
import { planIn } from './planning.js';
import { type Common, createSim, simWorld } from './sim.js';
import { type SimClock, simClock } from './sim-clock.js';

export interface TrialResult {
  readonly seed: number;
  readonly plan: TrialPlan;
  readonly outcome: 'refused' | 'succeeded' | 'failed' | 'cancelled' | 'endless';
  /** The journal's last words. */
  readonly ending: string;
  readonly processes: number;
  readonly faults: readonly string[];
  readonly violations: readonly string[];
  readonly taken: readonly Order[];
  readonly journal: readonly JournalLine[];
}

const MOST_PROCESSES = 12;
/** After so many processes everything is mended: a run that still does not get through has a bug. */
const MEND_AFTER = 6;
/** Or after so many that failed: by then the operator has read twice what stands in the way. */
const MEND_AFTER_FAILURES = 2;
/** So many failures in a mended world are an ending. */
const LAST_TRIES = 2;

/** One operator, one action, one world, and what goes wrong in it; the same for the same seed. */
export async function randomTrial(
  common: Common,
  seed: number,
  only: Restriction = {},
): Promise<TrialResult> {
  const dice = createDice(seed);
  const chosen = chooseTrial(dice, only);
  return await trial(common, seed, chosen, (world, clock) =>
    createFaults(world, dice, chosen.faults, clock),
  );
}

export async function trial(
  common: Common,
  seed: number,
  chosen: TrialPlan,
  faultsOf: (world: World, clock: SimClock) => Faults,
  action: Action = actionOf(chosen.action),
): Promise<TrialResult> {
  const world = simWorld(common, { ...chosen, seed });
  const faults = faultsOf(world, simClock(world));
  const journal: JournalLine[] = [];
  let plan: Plan | null = null;
  const dog = watchdog(world, {
    action: chosen.action,
    mark: () => /"mark":"([^"]+)"/.exec(plan?.answers.pinned ?? '')?.[1] ?? null,
    lastIntent: () => lastIntentOf(journal),
    mayLoseExtensions: false,
  });
  const sim = createSim(common, world, faults, { ...chosen, ...dog });
  const result = (
    outcome: TrialResult['outcome'],
    processes: number,
    ending: string,
    more: readonly string[] = [],
  ): TrialResult => ({
    ...{ seed, plan: chosen, outcome, ending, processes, journal, faults: faults.log },
    taken: dog.taken,
    violations: [...dog.violations, ...more],
  });

  chosen.prepare(world);
  const planned = await planIn(sim, faults, action, chosen.answers);
  if (planned.kind === 'refusal') {
    const more = dog.taken.length === 0 ? [] : ['a refused plan has changed something'];
    return result('refused', 0, planned.reason, more);
  }
  plan = planned;
  faults.begin();
  const request = runRequest(planned, {
    connection: sim.connection,
    operator: 'soak',
    nowMs: world.clock.now(),
    keepGoing: true,
    overrides: [],
    gates: [],
  });
  const isSpoiled = (): boolean => dog.violations.length > 0;
  let failures = 0;
  for (let count = 1; count <= MOST_PROCESSES; count += 1) {
    if (count === MEND_AFTER || failures === MEND_AFTER_FAILURES) faults.mendAll();
    const life = await live({ sim, faults, action, request, journal, isSpoiled });
    if (isSpoiled()) return result('cancelled', count, endingOf(journal));
    if (life === 'killed') continue;
    if (life === 'failed') failures += 1;
    if (life === 'failed' && failures < MEND_AFTER_FAILURES + LAST_TRIES) continue;
    return result(life, count, endingOf(journal), judgeEnd(world, planned, life, journal));
  }
  return result('endless', MOST_PROCESSES, endingOf(journal), ['it never comes to an end']);
}

export function actionOf(id: string): Action {
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
