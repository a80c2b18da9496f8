import type { RunId } from './ids.js';

/** How far a run has come; derived from its journal and whether its process lives. */
export type RunState =
  | 'starting' // directory made, process not yet heard of
  | 'running'
  | 'paused'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'interrupted'; // the process died without a closing line: `runs resume` continues it

/** A step as it was confirmed. */
export interface RunStepPlan {
  readonly id: string;
  readonly title: string;
  readonly target: string | null;
  /** Steps of one node share it; null: the step stands alone. */
  readonly group: string | null;
  readonly isDisruptive: boolean;
  /** Null in runs of an older version. */
  readonly expectedMs: number | null;
  /** What the target is left in when the run stops within this step: `cordoned`, `armed`; empty: nothing special. */
  readonly stateWhenStopped: string;
  /** After so long its command gives up by itself; null or absent: not told. */
  readonly commandTimeoutMs?: number | null;
}

export interface RunStepSummary extends RunStepPlan {
  readonly state: 'pending' | 'running' | 'waiting' | 'done' | 'already-done' | 'failed';
  /** What is waited for and last seen, or the proof, or the error. */
  readonly detail: string;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Its own effect was begun by some process of the run, whatever `state` says of the last one. */
  readonly isBegun?: boolean;
}

/** What a paused run waits for: the operator's word, or the world, after which it goes on by itself. */
export interface RunPause {
  readonly heldBy: 'operator' | 'world';
  /** The gate that holds it, and whether the operator may open it: `type` by the name, `confirm` by a yes. */
  readonly gate: { readonly id: string; readonly override: 'no' | 'type' | 'confirm' } | null;
}

export interface RunSummary {
  readonly id: RunId;
  readonly action: string;
  readonly cluster: string;
  readonly summary: string;
  readonly state: RunState;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly steps: readonly RunStepSummary[];
  /** Null unless it is paused. */
  readonly pause: RunPause | null;
  /** Named state that the run ended in, error and hint, or empty. */
  readonly outcome: string;
  readonly operator: string;
  readonly pid: number | null;
  /** It does not pause before disruptive steps when nobody watches. */
  readonly keepGoing: boolean;
  /** What it was asked for and has not done yet. */
  readonly asked?: 'pause' | 'cancel';
}

/** One executed command: the command log shows these. */
export interface CommandRecord {
  readonly atMs: number;
  readonly argv: readonly string[];
  readonly effect: 'read' | 'change';
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  readonly target: string | null;
  readonly runId: RunId | null;
}

/** One entry of the etcd snapshot catalogue. */
export interface CatalogueEntry {
  readonly file: string;
  readonly cluster: string;
  readonly clusterId: string | null;
  readonly memberId: string;
  readonly sourceNode: string;
  readonly takenAtMs: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly revision: number | null;
  readonly totalKeys: number | null;
  readonly hash: string | null;
  readonly talosVersion: string | null;
  readonly kubernetesVersion: string | null;
  readonly etcdVersion: string | null;
  readonly durationMs: number;
  readonly isVerified: boolean;
  /** Failed checks in plain words; empty when verified. */
  readonly problems: readonly string[];
}
