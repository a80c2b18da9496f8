import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clients/clock.js';
import { onDisk } from '../clients/disk-error.js';
import { formatDateTime, formatSeconds } from '../model/format.js';
import type { RunId } from '../model/ids.js';
import { runDir } from '../runs/run-files.js';
import { followStepOutput, readStepOutput } from '../runs/step-output.js';
import type { JournalLine, Runs } from '../runs/types.js';
import { journalText } from './journal-text.js';

/** What the console shows of a run besides its summary. */
export interface RunFiles {
  /** Beside the journal, readable by its operator alone. */
  readonly saveScript: (id: RunId) => Promise<{ readonly path: string; readonly text: string }>;
  readonly readLog: (id: RunId) => Promise<readonly string[]>;
  readonly followOutput: (
    id: RunId,
    step: string,
    onLines: (lines: readonly string[]) => void,
  ) => () => void;
}

export function openRunFiles(stateDir: string, runs: Runs): RunFiles {
  return {
    async saveScript(id) {
      const text = await runs.exportScript(id);
      const path = join(runDir(stateDir, id), 'script.sh');
      await onDisk(`${path} cannot be written`, () => writeFile(path, text, { mode: 0o600 }));
      return { path, text };
    },

    async readLog(id) {
      const { journal } = await runs.show(id);
      return await logLines(runDir(stateDir, id), journal);
    },

    followOutput: (id, step, onLines) =>
      followStepOutput(runDir(stateDir, id), step, { onLines, clock: systemClock }),
  };
}

const DATE_LENGTH = '2026-11-20'.length;

/** The journal in the order of events, each day with its date, the output of a step where its last command ended. */
async function logLines(
  directory: string,
  journal: readonly JournalLine[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  let day = '';
  for (const [index, line] of journal.entries()) {
    const text = journalText(line);
    if (text !== null) {
      const today = formatDateTime(line.atMs).slice(0, DATE_LENGTH);
      if (today !== day) lines.push(today);
      day = today;
      lines.push(`${formatSeconds(line.atMs)}  ${text}`);
    }
    if (line.type !== 'pid' && line.type !== 'exit') continue;
    if (journal.slice(index + 1).some((later) => hasOutputOf(later, line.step))) continue;
    lines.push(...(await readStepOutput(directory, line.step)).map((each) => `    | ${each}`));
  }
  return lines;
}

const hasOutputOf = (line: JournalLine, step: string): boolean =>
  (line.type === 'pid' || line.type === 'exit') && line.step === step;
