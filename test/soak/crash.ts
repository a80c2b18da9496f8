import type { TrialPlan } from './choices.js';
import { createKill } from './faults.js';
import type { Order } from './orders.js';
import type { Common } from './sim.js';
import { type TrialResult, trial } from './trial.js';

export interface CrashReport {
  readonly events: number;
  /** What a run does that nobody disturbs. */
  readonly undisturbed: TrialResult;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

export interface CrashOptions {
  /** Trials: of more events every n-th is taken. */
  readonly most?: number;
  readonly onTrial?: (at: number, result: TrialResult) => void;
}

const MOST = 400;

/**
 * Kills a run at every event of its life, one trial per event: right before and after every journal line, before
 * and after every command and order, and in every second that it waits for a command. Every trial has to end as
 * the undisturbed run does, with the same effects and none of them twice.
 */
export async function crashMatrix(
  common: Common,
  seed: number,
  plan: TrialPlan,
  { most = MOST, onTrial = () => undefined }: CrashOptions = {},
): Promise<CrashReport> {
  let counted: ReturnType<typeof createKill> | null = null;
  const undisturbed = await trial(common, seed, plan, (_, clock) => {
    counted = createKill(Number.POSITIVE_INFINITY, clock);
    return counted;
  });
  const events = eventsOf(counted);
  const outcomes = new Map<string, number>();
  const violations: string[] = [...undisturbed.violations];
  for (const at of sample(events, most)) {
    const result = await trial(common, seed, plan, (_, clock) => createKill(at, clock));
    onTrial(at, result);
    outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
    const place = `killed at event ${at} (${result.faults[0] ?? 'not reached'})`;
    violations.push(
      ...result.violations.map((text) => `${place}: ${text}`),
      ...differences(undisturbed, result).map((text) => `${place}: ${text}`),
    );
  }
  return { events, undisturbed, outcomes, violations };
}

const eventsOf = (kill: ReturnType<typeof createKill> | null): number => kill?.events() ?? 0;

/** All of them; of very long waits every n-th. */
function sample(events: number, most: number): readonly number[] {
  const stride = Math.max(1, Math.ceil(events / most));
  return Array.from({ length: Math.ceil(events / stride) }, (_, index) => 1 + index * stride);
}

/** Effects that must not happen twice. An installer that is run again writes what it wrote (operations C1). */
const counts = (order: Order): string | null => {
  switch (order.kind) {
    case 'reboot':
    case 'rollback':
    case 'upgrade':
      return `${order.kind} ${order.node}`;
    case 'pve':
      return `${order.method} ${order.path} ${JSON.stringify(order.parameters)}`;
    default:
      return null;
  }
};

function differences(undisturbed: TrialResult, result: TrialResult): readonly string[] {
  const expected = tally(undisturbed.taken);
  const found = tally(result.taken);
  const twice = [...found]
    .filter(([name, count]) => count > (expected.get(name) ?? 0))
    .map(([name, count]) => `${name} happened ${count} times`);
  const missing =
    result.outcome === 'succeeded'
      ? [...expected.keys()].filter((name) => !found.has(name)).map((name) => `${name} is missing`)
      : [];
  const ending =
    result.outcome === undisturbed.outcome
      ? []
      : [`it ends as ${result.outcome} (${result.ending}), undisturbed as ${undisturbed.outcome}`];
  return [...twice, ...missing, ...ending];
}

function tally(taken: readonly Order[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const order of taken) {
    const name = counts(order);
    if (name !== null) counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  return counted;
}
