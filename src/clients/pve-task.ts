import { z } from 'zod';
import { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { readPve } from './pve-answers.js';
import { pveUnknownTask } from './pve-errors.js';
import { maybe, num, str } from './pve-fields.js';
import { nodeOfUpid } from './pve-upid.js';
import type { PveClient } from './types.js';

const SHOWN_LINES = 20;
/** More of them only long downloads write. */
const PAGE_LINES = 500;
/** Stands for an empty log. */
const FILLER = 'no content';

/** A task that has just been started is not in the list yet (pve-common: PVE::RESTEnvironment::fork_worker). */
const NEW_MS = 5_000;

/** Tasks that were ordered a moment ago: that nobody knows them yet does not mean that they are gone. */
export function createRecentTasks(clock: Clock): {
  readonly add: (upid: string) => void;
  readonly has: (upid: string) => boolean;
} {
  const sinceMs = new Map<string, number>();
  const forgetOld = () => {
    for (const [upid, atMs] of sinceMs) if (clock.now() - atMs > NEW_MS) sinceMs.delete(upid);
  };
  return {
    add(upid) {
      forgetOld();
      sinceMs.set(upid, clock.now());
    },
    has(upid) {
      forgetOld();
      return sinceMs.has(upid);
    },
  };
}

const status = z.object({ status: z.enum(['running', 'stopped']), exitstatus: maybe(str) });
const log = z.array(z.object({ n: num, t: str }));

type Get = PveClient['get'];
type TaskStatus = Awaited<ReturnType<PveClient['taskStatus']>>;

/** @throws ClientError not-found for a task that nobody remembers */
export async function readTaskStatus(get: Get, upid: string): Promise<TaskStatus> {
  const node = nodeOfUpid(upid);
  if (node === null) throw pveUnknownTask(upid);
  const path = `/nodes/${node}/tasks/${upid}`;
  const [told, lastLogLines] = await Promise.all([get(`${path}/status`), tail(get, path)]);
  const { status: state, exitstatus } = readPve('task status', status, told);
  const isRunning = state === 'running';
  // Killed without a last line it has none (pve-common: PVE::Tools::upid_read_status).
  const exitStatus = isRunning ? null : exitstatus || 'unexpected status';
  return { isRunning, exitStatus, lastLogLines };
}

/** What a task writes is for people: without it the task is still known. */
async function tail(get: Get, path: string): Promise<readonly string[]> {
  try {
    const page = await readLog(get, path, PAGE_LINES);
    const lines = page.length < PAGE_LINES ? page : await readLog(get, path, 0);
    return lines.slice(-SHOWN_LINES);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [];
  }
}

async function readLog(get: Get, path: string, limit: number): Promise<readonly string[]> {
  const lines = readPve('task log', log, await get(`${path}/log?start=0&limit=${limit}`));
  const texts = [...lines]
    .sort((a, b) => a.n - b.n)
    // Progress overwrites its line.
    .map(({ t }) => t.slice(t.lastIndexOf('\r') + 1));
  return texts.length === 1 && texts[0] === FILLER ? [] : texts;
}
