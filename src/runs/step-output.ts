import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { stepLogPath } from '../actions/step-log.js';
import type { Clock } from '../clients/clock.js';
import { errorCode } from '../clients/disk-error.js';
import { sanitiseLines } from '../model/sanitise.js';
import { whenChanged } from './follow.js';
import { outputDir } from './run-files.js';

/** Of each file; more than any screen shows. */
const TAIL_BYTES = 16 * 1024;
const POLL_MS = 1_000;

const stepErrorLogPath = (runDir: string, step: string): string =>
  join(outputDir(runDir), `${step}.err.log`);

/**
 * Calls with the last lines that a step's commands printed, and again whenever there are more: of the file that
 * grew last the end comes last. @returns stop.
 */
export function followStepOutput(
  runDir: string,
  step: string,
  {
    onLines,
    clock,
  }: { readonly onLines: (lines: readonly string[]) => void; readonly clock: Clock },
): () => void {
  const tails = [stepLogPath(runDir, step), stepErrorLogPath(runDir, step)].map(createTail);
  let isStopped = false;
  let last = '';
  const stop = whenChanged(() => [outputDir(runDir)], {
    pollMs: POLL_MS,
    clock,
    run: async () => {
      for (const tail of tails) await tail.look();
      const lines = tails
        .toSorted((a, b) => a.grownAtMs() - b.grownAtMs())
        .flatMap((tail) => tail.lines());
      const now = lines.join('\n');
      if (isStopped || now === last) return;
      last = now;
      onLines(lines);
    },
  });
  return () => {
    isStopped = true;
    stop();
  };
}

/** What stands in the output files of a step, its last part when it is long. */
export async function readStepOutput(runDir: string, step: string): Promise<readonly string[]> {
  const tails = [stepLogPath(runDir, step), stepErrorLogPath(runDir, step)].map(createTail);
  for (const tail of tails) await tail.look();
  return tails.flatMap((tail) => tail.lines());
}

interface Tail {
  readonly look: () => Promise<void>;
  readonly lines: () => readonly string[];
  readonly grownAtMs: () => number;
}

function createTail(path: string): Tail {
  let seen = { sizeBytes: 0, grownAtMs: 0, lines: [] as readonly string[] };
  return {
    async look() {
      seen = (await readTail(path, seen.sizeBytes)) ?? seen;
    },
    lines: () => seen.lines,
    grownAtMs: () => seen.grownAtMs,
  };
}

interface TailReading {
  readonly sizeBytes: number;
  readonly grownAtMs: number;
  readonly lines: readonly string[];
}

/** Null when there is no such file yet, or nothing new in it. */
async function readTail(path: string, knownBytes: number): Promise<TailReading | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      if (size === knownBytes) return null;
      const from = Math.max(0, size - TAIL_BYTES);
      const bytes = Buffer.alloc(size - from);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      const text = bytes.subarray(0, bytesRead).toString('utf8');
      return { sizeBytes: size, grownAtMs: mtimeMs, lines: linesOf(text, from > 0) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Of a line that a program overwrites in place only what would be left on a terminal. */
function linesOf(text: string, isCut: boolean): readonly string[] {
  const lines = text.split('\n').slice(isCut ? 1 : 0);
  return lines
    .map((line) => sanitiseLines(line).findLast((part) => part.trim() !== '') ?? '')
    .filter((line) => line !== '');
}
