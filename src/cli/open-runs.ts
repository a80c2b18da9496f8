import { join } from 'node:path';
import { systemClock } from '../clients/clock.js';
import { packageRoot } from '../model/package-root.js';
import { createRuns } from '../runs/runs.js';
import { spawnRunWith } from '../runs/spawn-run.js';
import type { Runs } from '../runs/types.js';

/** The runs of this operator, without connecting to any cluster. */
export const openRuns = (stateDir: string): Runs =>
  createRuns({
    stateDir,
    clock: systemClock,
    spawnRun: spawnRunWith([process.execPath, join(packageRoot(), 'dist', 'run-process.js')]),
  });
