import type { JournalLine } from '../../src/runs/types.js';
import { isClosing, type KillPlan } from './kill-points.js';
import { openPlace, type PlaceWish } from './place.js';
import { type RunView, showRun, startRun } from './run-view.js';
import { type Effects, effectsText } from './witness.js';

export interface CrashWish {
  readonly place: PlaceWish;
  /** Action and its answers. */
  readonly args: readonly string[];
  /** What dies with the run process: nothing, or the command that it had started. */
  readonly victim: 'process' | 'process and command';
}

export interface CrashResult {
  readonly ending: string;
  readonly outcome: string;
  readonly exitCode: number | null;
  readonly kills: readonly string[];
  readonly effects: Effects;
  readonly journal: readonly JournalLine[];
  readonly tookMs: number;
}

const POLL_MS = 4;
/** Of one process of a run. */
const LONGEST_LIFE_MS = 1_500_000;
const MOST_LIVES = 150;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** One run whose process is killed again and again where the plan says so, and resumed by `runs resume`. */
export async function crashRun(wish: CrashWish, plan: KillPlan): Promise<CrashResult> {
  const startedMs = performance.now();
  const place = await openPlace(wish.place);
  try {
    const run = await startRun(place, wish.args);
    if (!('id' in run)) throw new Error(`${wish.args.join(' ')}: ${run.exitCode} ${run.said}`);
    let resumed: Promise<{ readonly exitCode: number | null }> | null = null;
    let exitCode: number | null = null;
    for (let life = 0; life < MOST_LIVES; life += 1) {
      const wasKilled = await liveAndDie(run, life, plan, wish.victim);
      if (resumed !== null) exitCode = (await resumed).exitCode;
      if (!wasKilled) break;
      resumed = place.cli('runs', 'resume', run.id);
    }
    const { state, outcome } = await showRun(place, run.id);
    return {
      ending: state,
      outcome,
      exitCode,
      kills: plan.hits,
      effects: place.witness.effects(),
      journal: run.journal(),
      tookMs: performance.now() - startedMs,
    };
  } finally {
    await place.close();
  }
}

/** Follows one process of the run until the plan kills it or it ends. @returns whether it was killed. */
async function liveAndDie(
  run: RunView,
  life: number,
  plan: KillPlan,
  victim: CrashWish['victim'],
): Promise<boolean> {
  const giveUpMs = performance.now() + LONGEST_LIFE_MS;
  let seen = 0;
  while (performance.now() < giveUpMs) {
    const lines = linesOfLife(run.journal(), life);
    const fresh = lines.slice(seen);
    seen = lines.length;
    const delays = fresh.map((line) => plan.delayAfter(line)).filter((delay) => delay !== null);
    const [delayMs] = delays;
    if (delayMs !== undefined && !lines.some(isClosing)) {
      await sleep(delayMs);
      return await kill(run, plan, victim);
    }
    if (lines.some(isClosing)) return false;
    await sleep(POLL_MS);
  }
  const last = JSON.stringify(run.journal().at(-1));
  throw new Error(`${run.id} hangs in its ${life + 1}. process after ${last}`);
}

function linesOfLife(journal: readonly JournalLine[], life: number): readonly JournalLine[] {
  const starts = journal.flatMap(({ type }, index) => (type === 'started' ? [index] : []));
  const from = starts[life];
  return from === undefined ? [] : journal.slice(from);
}

async function kill(run: RunView, plan: KillPlan, victim: CrashWish['victim']): Promise<boolean> {
  const pid = run.pid();
  if (pid === null || run.journal().some(isClosing)) return false;
  signal(pid);
  while (isThere(pid)) await sleep(POLL_MS);
  const journal = run.journal();
  if (victim === 'process and command') {
    const command = livingCommand(journal);
    // Commands lead their own group.
    if (command !== null) signal(-command);
  }
  if (journal.some(isClosing)) return false;
  plan.onKilled(journal.at(-1));
  return true;
}

function livingCommand(journal: readonly JournalLine[]): number | null {
  const at = journal.findLastIndex(({ type }) => type === 'pid');
  const line = journal[at];
  if (line?.type !== 'pid' || journal.slice(at).some(({ type }) => type === 'exit')) return null;
  return line.pid;
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How long each step took in an undisturbed run. */
export function stepTimes(journal: readonly JournalLine[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const [index, line] of journal.entries()) {
    if (line.type !== 'step') continue;
    const end = journal
      .slice(index + 1)
      .find(({ type }) => type === 'step' || type === 'succeeded');
    times.set(line.step, (end?.atMs ?? line.atMs) - line.atMs);
  }
  return times;
}

/** Effects that a killed run had and an undisturbed one has not: done twice, or not at all. */
export function differences(wanted: Effects, got: Effects): readonly string[] {
  return [...new Set([...wanted.keys(), ...got.keys()])]
    .filter((what) => wanted.get(what) !== got.get(what))
    .map((what) => `${what}: ${got.get(what) ?? 0} instead of ${wanted.get(what) ?? 0}`);
}

export const crashText = (result: CrashResult): string =>
  `${result.kills.length} kills, ${result.ending}${result.exitCode === null ? '' : `, exit ${result.exitCode}`}, ${effectsText(result.effects)}, ${Math.round(result.tookMs / 1000)} s`;
