import { readFileSync } from 'node:fs';
import type { RunId } from '../../src/model/ids.js';
import { journalPath, runDir } from '../../src/runs/run-files.js';
import type { JournalLine } from '../../src/runs/types.js';
import type { Place } from './place.js';

/** A run as its files tell it. */
export interface RunView {
  readonly id: string;
  readonly journal: () => readonly JournalLine[];
  /** Its process, by the newest `started` line; null before the first. */
  readonly pid: () => number | null;
}

/** `run ACTION … --yes --detach --keep-going`. @returns the run, or how the program refused. */
export async function startRun(
  place: Place,
  args: readonly string[],
  flags: readonly string[] = ['--keep-going'],
): Promise<RunView | { readonly exitCode: number | null; readonly said: string }> {
  const { exitCode, stdout, stderr } = await place.cli(
    ...['run', ...args, '--yes', '--confirm-name', 'lab', '--detach', '--json', ...flags],
  );
  if (exitCode !== 0) return { exitCode, said: `${stdout}${stderr}` };
  const { run } = JSON.parse(stdout) as { readonly run: string };
  return viewOf(place, run);
}

export function viewOf(place: Place, id: string): RunView {
  const path = journalPath(runDir(place.stateDir, id as RunId));
  const journal = (): readonly JournalLine[] => readJournal(path);
  return {
    id,
    journal,
    pid: () => journal().findLast((line) => line.type === 'started')?.pid ?? null,
  };
}

/** Complete lines only: the last one may be half written. */
export function readJournal(path: string): readonly JournalLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalLine);
}

export interface Shown {
  readonly state: string;
  readonly outcome: string;
}

export async function showRun(place: Place, id: string): Promise<Shown> {
  const { stdout } = await place.cli('runs', 'show', id, '--json');
  return (JSON.parse(stdout) as { readonly summary: Shown }).summary;
}
