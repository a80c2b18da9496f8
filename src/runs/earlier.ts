import type { PveOrder } from '../actions/types.js';
import { FORGOTTEN, isGoodEnd } from './pve-task.js';
import type { JournalLine } from './types.js';

/**
 * What earlier processes of a run left of a step. `succeeded`: its command ended well, the proof is missing;
 * `unknown`: it was begun and nobody heard its end; `nothing`: not begun, proven, or known to have failed.
 */
export type Trace = 'nothing' | 'unknown' | 'succeeded';

export function traceOf(earlier: readonly JournalLine[], step: string): Trace {
  return earlier.reduce<Trace>((trace, line) => nextTrace(trace, line, step), 'nothing');
}

function nextTrace(trace: Trace, line: JournalLine, step: string): Trace {
  // A command that we stopped did not get to its end; one that had ended well still lacks its proof.
  if (line.type === 'cancelled') return trace === 'unknown' ? 'nothing' : trace;
  if (!('step' in line) || line.step !== step) return trace;
  switch (line.type) {
    case 'intent':
      return line.argv === undefined && line.order === undefined ? trace : 'unknown';
    case 'exit':
      if (line.effect === 'read') return trace;
      if (line.exitCode === null) return 'unknown';
      return line.exitCode === 0 ? 'succeeded' : 'nothing';
    case 'upid':
      if (line.exitStatus === undefined || line.exitStatus === FORGOTTEN) return 'unknown';
      return isGoodEnd(line.exitStatus) ? 'succeeded' : 'nothing';
    case 'done':
    case 'already-done':
    case 'failed':
      return 'nothing';
    default:
      return trace;
  }
}

/** Any process of this run has begun a step: plan gates have had their say. */
export const hasBegun = (earlier: readonly JournalLine[]): boolean =>
  earlier.some(({ type }) => type === 'step');

/** Proxmox tasks that nobody saw end, by UPID. */
export function openTasks(
  earlier: readonly JournalLine[],
): readonly { readonly step: string; readonly upid: string }[] {
  const open = new Map<string, { readonly step: string; readonly upid: string }>();
  for (const line of earlier) {
    if (line.type !== 'upid') continue;
    if (line.exitStatus === undefined) open.set(line.upid, { step: line.step, upid: line.upid });
    else open.delete(line.upid);
  }
  return [...open.values()];
}

export interface OpenOrder {
  readonly step: string;
  readonly order: PveOrder;
  readonly atMs: number;
}

/** The last order, when the process died before it heard the answer. */
export function unansweredOrder(earlier: readonly JournalLine[]): OpenOrder | null {
  const index = earlier.findLastIndex((line) => line.type === 'intent');
  const line = earlier[index];
  if (line?.type !== 'intent' || line.order === undefined) return null;
  const { step, order, atMs } = line;
  const isAnswered = earlier
    .slice(index + 1)
    .some((later) => later.type === 'upid' || (endsStep(later) && later.step === step));
  return isAnswered ? null : { step, order, atMs };
}

const endsStep = (
  line: JournalLine,
): line is JournalLine & { readonly type: 'done' | 'already-done' | 'failed' } =>
  line.type === 'done' || line.type === 'already-done' || line.type === 'failed';
