import { basename } from 'node:path';
import type { NodeName } from '../../model/ids.js';
import { knownValue } from '../../model/reading.js';
import type { RunSummary } from '../../model/run.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { NodeTarget } from '../node-target.js';
import { refusal } from '../refusal.js';
import type { PlanContext, Refusal, StepContext } from '../types.js';

const ARMS = 'upgrade-talos';
const DISARMS = 'disarm-node';

/**
 * A node that an earlier run armed and never started: any reboot starts the other version. No resource of Talos
 * tells it, only the runs of this host do.
 */
export function refuseArmed(
  { snapshot, connection }: PlanContext,
  names: readonly NodeName[],
): Refusal | null {
  for (const name of names) {
    const run = armedBy(snapshot, connection.name, name);
    if (run !== null) {
      return refusal(
        `${name} is armed: run ${run.id} installed another version on it and did not start it.`,
        `Continue it with \`talos-tui runs resume ${run.id}\`, take it back with disarm-node, or set armed=ignore when the node has been started since.`,
        'G-ARMED',
      );
    }
  }
  return null;
}

/** The run that armed a node, when neither it nor a later one has started or disarmed it. */
export function armedBy(snapshot: Snapshot, cluster: string, name: NodeName): RunSummary | null {
  const runs = (knownValue(snapshot.runs) ?? [])
    .filter((run) => run.cluster === cluster)
    .toSorted((a, b) => b.startedAtMs - a.startedAtMs);
  const last = runs.find((run) => hasTouched(run, name) || hasDisarmed(run, name));
  return last !== undefined && hasTouched(last, name) && isArmedBy(last, name) ? last : null;
}

/** A run on this host that took back what the run of this step had installed. */
export async function disarmedBy(
  { name }: Pick<NodeTarget, 'name'>,
  { runs, runDir, connection }: StepContext,
): Promise<string | null> {
  const all = (await runs?.()) ?? [];
  const own = all.find(({ id }) => id === basename(runDir));
  if (own === undefined) return null;
  const later = all.find(
    (run) =>
      run.cluster === connection.name &&
      run.startedAtMs > own.startedAtMs &&
      hasDisarmed(run, name),
  );
  return later?.id ?? null;
}

const stateOf = (run: RunSummary, step: string) => run.steps.find(({ id }) => id === step)?.state;

/** A run that was cancelled or died within the step may have installed all the same. */
function hasTouched({ action, steps }: RunSummary, name: NodeName): boolean {
  const step = steps.find(({ id }) => id === `arm-${name}`);
  return (
    action === ARMS && step !== undefined && (step.isBegun === true || step.state !== 'pending')
  );
}

/** One that was begun and not proven has not. */
function hasDisarmed(run: RunSummary, name: NodeName): boolean {
  const state = stateOf(run, `disarm-${name}`);
  return run.action === DISARMS && (state === 'done' || state === 'already-done');
}

/** The installer may have gone on after its step had failed or was cut off. */
function isArmedBy(run: RunSummary, name: NodeName): boolean {
  const started = stateOf(run, `reboot-${name}`);
  return started !== 'done' && started !== 'already-done' && started !== 'failed';
}
