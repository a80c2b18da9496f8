import { openRuns } from './open-runs.js';

/** Ends the runs of a demo whose lab goes away. Only for simulated clusters: a real run outlives us. */
export async function stopRuns(stateDir: string): Promise<void> {
  const runs = openRuns(stateDir);
  for (const { id, state } of await runs.list()) {
    if (state === 'running' || state === 'paused' || state === 'starting') await runs.cancel(id);
  }
}
