import type { RunId } from '../model/ids.js';
import type { RunPause, RunState, RunStepSummary, RunSummary } from '../model/run.js';
import { sentences } from '../model/sentence.js';
import { unreachable } from '../model/unreachable.js';
import { GOES_ON } from './journal-lines.js';
import { recordedState } from './named-state.js';
import type { JournalLine, RunRequest } from './types.js';

/** Whether the process of the last `started` line still runs; null: none has started yet. */
export type Liveness = 'alive' | 'dead' | null;

/** A run process writes its first line within 300 ms; after this it will not come any more. */
const START_PATIENCE_MS = 15_000;

export interface RunRecord {
  readonly id: RunId;
  readonly request: RunRequest;
  readonly journal: readonly JournalLine[];
  readonly liveness: Liveness;
  readonly nowMs: number;
}

/** Pure: what a run directory says. Without a closing line nothing is ever called a success. */
export function runSummary({ id, request, journal, liveness, nowMs }: RunRecord): RunSummary {
  const folded = journal.reduce(foldLine, initial(request));
  const state = stateOf(folded.state, liveness, nowMs - request.createdAtMs);
  return {
    id,
    action: request.action,
    cluster: request.cluster,
    summary: request.summary,
    operator: request.operator,
    state,
    startedAtMs: request.createdAtMs,
    endedAtMs: isOpen(state) ? null : folded.lastAtMs,
    steps: folded.steps,
    pause: state === 'paused' ? folded.pause : null,
    outcome:
      state === 'interrupted'
        ? `${INTERRUPTED} ${recordedState(request, journal).text}`.trim()
        : folded.outcome,
    pid: liveness === 'alive' ? folded.pid : null,
    keepGoing: request.keepGoing,
  };
}

const INTERRUPTED =
  'Its process ended without a word. Resume it: steps that are proven are not repeated.';

const isOpen = (state: RunState): boolean =>
  state === 'starting' || state === 'running' || state === 'paused';

interface Folded {
  readonly state: 'starting' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled';
  readonly steps: readonly RunStepSummary[];
  /** The last one. */
  readonly pause: RunPause | null;
  readonly outcome: string;
  readonly pid: number | null;
  readonly lastAtMs: number;
}

const initial = (request: RunRequest): Folded => ({
  state: 'starting',
  steps: request.steps.map((step) => ({
    ...step,
    state: 'pending',
    detail: '',
    startedAtMs: null,
    endedAtMs: null,
  })),
  pause: null,
  outcome: '',
  pid: null,
  lastAtMs: request.createdAtMs,
});

function stateOf(state: Folded['state'], liveness: Liveness, ageMs: number): RunState {
  switch (state) {
    case 'starting':
      return ageMs < START_PATIENCE_MS ? 'starting' : 'interrupted';
    case 'running':
    case 'paused':
      return liveness === 'alive' ? state : 'interrupted';
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return state;
    default:
      return unreachable(state);
  }
}

function foldLine(before: Folded, line: JournalLine): Folded {
  const folded = { ...before, lastAtMs: line.atMs };
  const running = { ...folded, state: 'running' as const };
  switch (line.type) {
    case 'started':
      return { ...running, pid: line.pid, outcome: '', steps: folded.steps.map(reopened) };
    case 'step':
      return change(running, line.step, {
        state: 'running',
        detail: '',
        startedAtMs: line.atMs,
        endedAtMs: null,
      });
    case 'intent':
      return change(running, line.step, { detail: line.command, isBegun: true });
    case 'observed':
      return change(running, line.step, { state: 'waiting', detail: line.lastSeen });
    case 'already-done':
    case 'done':
      return change(running, line.step, {
        state: line.type,
        detail: line.evidence,
        endedAtMs: line.atMs,
      });
    case 'gate':
    case 'override':
      return folded.state === 'paused' ? folded : running;
    case 'note':
      return folded.state === 'paused' && line.text !== GOES_ON
        ? folded
        : { ...running, steps: goneOn(folded, line.atMs) };
    case 'pid':
    case 'upid':
    case 'exit':
      return { ...running, steps: goneOn(folded, line.atMs) };
    case 'paused':
      return {
        ...folded,
        state: 'paused',
        pause: pauseOf(line),
        outcome: sentences(line.reason, `Waits for: ${line.waitsFor}`),
      };
    case 'failed':
      return close(folded, line, sentences(sentences(line.error, line.hint), line.state));
    case 'cancelled':
      return close(folded, line, sentences(line.state, line.hint));
    case 'succeeded':
      return { ...folded, state: 'succeeded', outcome: line.evidence };
    default:
      return unreachable(line);
  }
}

/** Runs of an older version said it in words only. */
const pauseOf = ({
  waitsFor,
  heldBy = waitsFor.startsWith('the operator:') ? 'operator' : 'world',
  gate,
}: JournalLine & { readonly type: 'paused' }): RunPause => ({ heldBy, gate: gate ?? null });

/** A step that had to wait for leave begins when the run goes on: its time is its own. */
const goneOn = ({ state, steps }: Folded, atMs: number): readonly RunStepSummary[] =>
  state === 'paused'
    ? steps.map((step) => (step.state === 'running' ? { ...step, startedAtMs: atMs } : step))
    : steps;

/** A new process looks at every step again: only what it proves counts. */
const reopened = (step: RunStepSummary): RunStepSummary =>
  step.state === 'pending' ? step : { ...step, state: 'pending', endedAtMs: null };

function change(folded: Folded, id: string, values: Partial<RunStepSummary>): Folded {
  return {
    ...folded,
    outcome: '',
    steps: folded.steps.map((step) => (step.id === id ? { ...step, ...values } : step)),
  };
}

function close(
  folded: Folded,
  line: JournalLine & { readonly type: 'failed' | 'cancelled' },
  outcome: string,
): Folded {
  const steps = folded.steps.map((step): RunStepSummary => {
    if (step.state !== 'running' && step.state !== 'waiting') return step;
    return line.type === 'failed'
      ? { ...step, state: 'failed', detail: line.error, endedAtMs: line.atMs }
      : { ...step, state: 'pending', endedAtMs: line.atMs };
  });
  return { ...folded, state: line.type, outcome, steps };
}
