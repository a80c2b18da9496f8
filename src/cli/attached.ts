import type { Action, Answers, Plan, Question } from '../actions/types.js';
import type { Connection } from '../model/connection.js';
import type { RunId } from '../model/ids.js';
import type { InspectionWants } from '../model/inspection.js';
import type { Snapshot } from '../model/snapshot.js';
import type { GatePolicy, Runs } from '../runs/types.js';
import type { Store } from '../store/store.js';
import type { RunFiles } from './run-files.js';

export interface StartOptions {
  /** Gates that the operator overrode, by id. */
  readonly overrides: readonly string[];
  /** Do not pause before disruptive steps when nobody watches. */
  readonly keepGoing: boolean;
  /** Pause before the next disruptive step after so long; absent or null: never. */
  readonly maxDurationMs?: number | null;
}

/** One cluster with everything that console and headless commands do with it. */
export interface Attached {
  readonly connection: Connection;
  readonly isReadOnly: boolean;
  readonly snapshots: Store<Snapshot>;
  readonly runs: Runs;
  readonly runFiles: RunFiles;
  /** Plans with what is known now; what the run process will plan again. */
  readonly plan: (action: Action, answers: Answers) => ReturnType<Action['plan']>;
  /** Every answer that the action takes, with what holds when nothing is said. */
  readonly options: (action: Action, answers: Answers) => readonly Question[];
  /** Every gate that a run of this plan may meet. */
  readonly gatesAhead: (plan: Plan) => readonly GatePolicy[];
  /** Reads anew what plans need of this host and, with `wants`, of the cluster. Never twice at the same time. */
  readonly readFacts: (wants?: InspectionWants) => Promise<void>;
  /** @throws OperatorError */
  readonly startRun: (plan: Plan, options: StartOptions) => Promise<RunId>;
  /** Every source has answered or failed. */
  readonly isSettled: () => boolean;
  readonly refresh: () => void;
  readonly setFocus: (focus: { readonly screen: string; readonly node: string | null }) => void;
  /** Nobody is at the keyboard: polls slow down. */
  readonly setIdle: (isIdle: boolean) => void;
  readonly close: () => Promise<void>;
}
