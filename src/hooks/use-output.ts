import { useEffect, useState } from 'react';
import type { RunId } from '../model/ids.js';
import { useWiring } from './wiring.js';

const NOTHING: readonly string[] = [];

/** The last lines that the commands of a step printed; follows the file while on screen. */
export function useOutput(run: RunId | null, step: string | null): readonly string[] {
  const { followOutput } = useWiring();
  const [printed, setPrinted] = useState({ by: '', lines: NOTHING });
  const by = `${run} ${step}`;

  // Keeps the lines in step with the files of the step that is shown.
  useEffect(() => {
    if (run === null || step === null) return;
    return followOutput(run, step, (lines) => setPrinted({ by: `${run} ${step}`, lines }));
  }, [followOutput, run, step]);

  // Never for a frame what another step printed.
  return printed.by === by ? printed.lines : NOTHING;
}
