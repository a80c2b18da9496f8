import { type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../clients/clock.js';
import { errorCode } from '../clients/disk-error.js';
import { OperatorError } from '../model/errors.js';
import { readJournal } from './journal-lines.js';
import { journalPath } from './run-files.js';
import type { JournalLine } from './types.js';

/** For file systems that tell nothing of changes, and for a notice that got lost. */
const POLL_MS = 500;

/**
 * Calls `run` now, whenever something in the directory changes, and every `pollMs`; never twice at the same
 * time. @returns stop.
 */
export function whenChanged(
  directories: () => readonly string[],
  {
    run,
    pollMs,
    clock,
  }: {
    readonly run: () => Promise<void>;
    readonly pollMs: number;
    readonly clock: Clock;
  },
): () => void {
  const watchers = new Map<string, FSWatcher>();
  let isStopped = false;
  let isRunning = false;
  let isDue = false;
  let stopTimer = (): void => undefined;

  const watchAll = (): void => {
    const wanted = new Set(directories());
    for (const [path, watcher] of watchers) {
      if (wanted.delete(path)) continue;
      watcher.close();
      watchers.delete(path);
    }
    for (const path of wanted) {
      const watcher = tryWatch(path, () => void turn());
      if (watcher !== null) watchers.set(path, watcher);
    }
  };

  const turn = async (): Promise<void> => {
    isDue = true;
    if (isRunning || isStopped) return;
    isRunning = true;
    stopTimer();
    while (isDue && !isStopped) {
      isDue = false;
      await unlessDiskFails(run);
    }
    isRunning = false;
    if (isStopped) return;
    watchAll();
    stopTimer = clock.after(pollMs, () => void turn());
  };

  watchAll();
  void turn();
  return () => {
    isStopped = true;
    stopTimer();
    for (const watcher of watchers.values()) watcher.close();
  };
}

/** What cannot be read now is tried again with the next poll; the last picture stands until then. */
async function unlessDiskFails(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof OperatorError) && errorCode(error) === null) throw error;
  }
}

/** Null where there is nothing to watch yet, or no watch is left: the poll remains. */
function tryWatch(path: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return null;
  }
}

/** Calls with every line of a journal, those that stand there first. @returns stop. */
export function followJournal(
  directory: string,
  onLine: (line: JournalLine) => void,
  clock: Clock,
): () => void {
  const reader = createTail(journalPath(directory));
  let isStopped = false;
  const stop = whenChanged(() => [directory], {
    pollMs: POLL_MS,
    clock,
    run: async () => {
      for (const line of await reader.next()) {
        if (!isStopped) onLine(line);
      }
    },
  });
  return () => {
    isStopped = true;
    stop();
  };
}

/** Reads what was appended since the last time; an unfinished line waits for its end. */
function createTail(path: string): { readonly next: () => Promise<readonly JournalLine[]> } {
  const decoder = new StringDecoder('utf8');
  let offset = 0;
  let rest = '';
  return {
    async next() {
      const bytes = await readFrom(path, offset);
      offset += bytes.length;
      const content = rest + decoder.write(bytes);
      const { lines, takenLength } = readJournal(content);
      rest = content.slice(takenLength);
      return lines;
    },
  };
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(0, size - offset));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
