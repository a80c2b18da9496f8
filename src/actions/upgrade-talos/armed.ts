import type { NodeName } from '../../model/ids.js';
import { knownValue } from '../../model/reading.js';
import type { RunSummary } from '../../model/run.js';
import type { Snapshot } from '../../model/snapshot.js';
import { refusal } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';

const ACTION = 'upgrade-talos';

/**
 * A node that an earlier run armed and never started: any reboot starts the other version. No resource of Talos
 * tells it, only the runs of this host do.
 */
export function refuseArmed(
  { snapshot, connection }: PlanContext,
  names: readonly NodeName[],
): Refusal | null {
  const runs = runsOf(snapshot, connection.name);
  for (const name of names) {
    const run = runs.find((each) => hasTouched(each, name));
    if (run !== undefined && isArmedBy(run, name)) {
      return refusal(
        `${name} is armed: run ${run.id} installed another version on it and did not start it.`,
        `Continue it with \`talos-tui runs resume ${run.id}\`, or set armed=ignore when the node has been started since.`,
        'G-ARMED',
      );
    }
  }
  return null;
}

/** Newest first. */
const runsOf = ({ runs }: Snapshot, cluster: string): readonly RunSummary[] =>
  (knownValue(runs) ?? [])
    .filter((run) => run.action === ACTION && run.cluster === cluster)
    .toSorted((a, b) => b.startedAtMs - a.startedAtMs);

const stateOf = (run: RunSummary, step: string) => run.steps.find(({ id }) => id === step)?.state;

const isBegun = (state: ReturnType<typeof stateOf>): boolean =>
  state !== undefined && state !== 'pending';

const hasTouched = (run: RunSummary, name: NodeName): boolean =>
  isBegun(stateOf(run, `arm-${name}`));

/** The installer may have gone on after its step had failed or was cut off. */
function isArmedBy(run: RunSummary, name: NodeName): boolean {
  const started = stateOf(run, `reboot-${name}`);
  return started !== 'done' && started !== 'already-done' && started !== 'failed';
}
