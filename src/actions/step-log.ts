import { join } from 'node:path';

/** Where the output of a step's commands is kept: it outlives the run process. */
export const stepLogPath = (runDir: string, step: string): string =>
  join(runDir, 'out', `${step}.log`);
