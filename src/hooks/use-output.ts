import { useEffect, useState } from 'react';
import type { RunId } from '../model/ids.js';
import { useWiring } from './wiring.js';

const NOTHING: readonly string[] = [];

/** The last lines that the commands of a step printed; follows the file while on screen. */
export function useOutput(run: RunId | null, step: string | null): readonly string[] {
  const { followOutput } = useWiring();
  const [lines, setLines] = useState(NOTHING);

  // Keeps the lines in step with the files of the step that is shown.
  useEffect(() => {
    setLines(NOTHING);
    if (run === null || step === null) return;
    return followOutput(run, step, setLines);
  }, [followOutput, run, step]);

  return lines;
}
