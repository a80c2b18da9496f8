import type { ActionLevel, Answers, PveOrder } from '../actions/types.js';
import type { Connection } from '../model/connection.js';
import type { RunId } from '../model/ids.js';
import type { RunPause, RunStepPlan, RunSummary } from '../model/run.js';

/** A gate of a run, and which consent opens it while it is closed. */
export interface GatePolicy {
  readonly id: string;
  readonly override: 'no' | 'type' | 'confirm';
}

/** Gates that an operator overrides. */
export interface GateConsent {
  readonly gates: readonly string[];
  readonly operator: string;
}

/** `plan.json`: what was confirmed. */
export interface RunRequest {
  readonly schema: 1;
  readonly action: string;
  readonly answers: Answers;
  readonly cluster: string;
  /** How the run process reaches the cluster: paths only, never a secret. */
  readonly connection: Connection;
  readonly level: ActionLevel;
  /** Of the confirmed plan; the run process refuses when its own differs. */
  readonly fingerprint: string;
  readonly summary: string;
  readonly steps: readonly RunStepPlan[];
  readonly operator: string;
  readonly createdAtMs: number;
  readonly keepGoing: boolean;
  /** Gates that the operator overrode with the plan, by id. */
  readonly overrides: readonly string[];
  /** Every gate that may hold the run; absent in runs of an older version. */
  readonly gates?: readonly GatePolicy[] | undefined;
  /** After so long the run pauses before it disrupts again; absent: never. */
  readonly maxDurationMs?: number | undefined;
}

/** `journal.ndjson`, one line each, fsynced; `intent` comes before the effect. */
export type JournalLine = { readonly atMs: number } & (
  | {
      readonly type: 'started';
      readonly pid: number;
      readonly processStart: string;
      readonly host: string;
      readonly resumed: boolean;
    }
  | {
      readonly type: 'gate';
      readonly id: string;
      readonly state: 'green' | 'red' | 'unknown';
      readonly text: string;
    }
  /** Before it opens anything. */
  | ({ readonly type: 'override' } & GateConsent)
  | { readonly type: 'step'; readonly step: string; readonly title: string }
  | { readonly type: 'already-done'; readonly step: string; readonly evidence: string }
  | {
      readonly type: 'intent';
      readonly step: string;
      readonly command: string;
      readonly argv?: readonly string[];
      readonly order?: PveOrder;
    }
  | {
      readonly type: 'pid';
      readonly step: string;
      readonly pid: number;
      readonly processStart: string;
    }
  | {
      readonly type: 'upid';
      readonly step: string;
      readonly upid: string;
      /** In a second line about the same task, when it has ended. */
      readonly exitStatus?: string;
    }
  | {
      readonly type: 'exit';
      readonly step: string;
      readonly exitCode: number | null;
      readonly durationMs: number;
      readonly argv: readonly string[];
      readonly effect: 'read' | 'change';
    }
  | { readonly type: 'observed'; readonly step: string; readonly lastSeen: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'done'; readonly step: string; readonly evidence: string }
  | {
      readonly type: 'failed';
      readonly step: string | null;
      readonly error: string;
      readonly hint: string;
      readonly state: string;
      /** Not tried at all: our own rules stood against it. */
      readonly isRefused?: boolean | undefined;
    }
  | {
      readonly type: 'paused';
      readonly reason: string;
      readonly waitsFor: string;
      /** Absent in runs of an older version. */
      readonly heldBy?: RunPause['heldBy'];
      /** Absent when it is no gate that holds. */
      readonly gate?: GatePolicy;
    }
  | { readonly type: 'cancelled'; readonly state: string; readonly hint: string }
  | { readonly type: 'succeeded'; readonly evidence: string }
);

/** What console and CLI use; implemented over the run directories and `spawn` of a detached process. */
export interface Runs {
  /** Writes plan.json (0600 in 0700) and starts the run process in its own session. */
  readonly start: (request: RunRequest) => Promise<RunId>;
  /** Starts the run process again, or lets a paused run go on. */
  readonly resume: (id: RunId) => Promise<void>;
  /**
   * Opens closed gates for a run that has not succeeded: at once for a living process, else when it is resumed.
   * The operator has been asked.
   */
  readonly override: (id: RunId, consent: GateConsent) => Promise<void>;
  /** Asks a running run to pause before it begins with another node. */
  readonly pause: (id: RunId) => Promise<void>;
  /** Asks the run process to stop at the next safe point. */
  readonly cancel: (id: RunId) => Promise<void>;
  readonly list: () => Promise<readonly RunSummary[]>;
  readonly show: (id: RunId) => Promise<{
    readonly request: RunRequest;
    readonly summary: RunSummary;
    readonly journal: readonly JournalLine[];
  }>;
  /** Called with every new journal line of a run until stopped. @returns stop. */
  readonly follow: (id: RunId, onLine: (line: JournalLine) => void) => () => void;
  /** Called whenever any run changes. @returns stop. */
  readonly watch: (onChange: (runs: readonly RunSummary[]) => void) => () => void;
  /** A commented shell script of the commands that the run executed. */
  readonly exportScript: (id: RunId) => Promise<string>;
}
