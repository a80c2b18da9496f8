import { createContext, useContext } from 'react';
import type { Action, Answers, Plan, Question } from '../actions/types.js';
import type { Connection } from '../model/connection.js';
import type { RunId } from '../model/ids.js';
import type { InspectionWants } from '../model/inspection.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Store } from '../store/store.js';

/** How the terminal is to be drawn; fixed at start. */
export interface Appearance {
  readonly isAscii: boolean;
  readonly hasColor: boolean;
  readonly theme: 'dark' | 'light' | '16';
}

/** What the start screen offers when no cluster is configured or several were found. */
export interface StartChoice {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  /** null: shown with the reason why it cannot be chosen. */
  readonly choose: (() => void) | null;
}

/** Where the console stands before and while a cluster is attached. */
export type SessionState =
  | { readonly state: 'connecting'; readonly text: string }
  | {
      readonly state: 'choosing';
      readonly choices: readonly StartChoice[];
      /** Files that were found but cannot be used: name, line, reason. */
      readonly problems: readonly string[];
    }
  | { readonly state: 'attached'; readonly connection: Connection }
  | { readonly state: 'failed'; readonly message: string; readonly hint: string };

export interface SavedScript {
  readonly path: string;
  readonly text: string;
}

/** Everything screens may reach. One value for the life of the console. */
export interface Wiring {
  readonly session: Store<SessionState>;
  /** Valid once attached; before that an empty snapshot where everything waits. */
  readonly snapshots: Store<Snapshot>;
  /** None before a cluster is attached: they are loaded with the clients, behind the first frame. */
  readonly actions: () => readonly Action[];
  readonly appearance: Appearance;
  readonly version: string;
  /** Console started with --read-only, or the cluster's setting. */
  readonly isReadOnly: () => boolean;
  readonly nowMs: () => number;
  /** Plans with the current snapshot; what the run process will plan again. */
  readonly plan: (action: Action, answers: Answers) => ReturnType<Action['plan']>;
  /** Every answer that the action takes, with what holds when nothing is said. */
  readonly options: (action: Action, answers: Answers) => readonly Question[];
  /** Starts the confirmed plan in a process of its own. @throws OperatorError */
  readonly startRun: (plan: Plan, overrides: readonly string[]) => Promise<RunId>;
  readonly resumeRun: (id: RunId) => Promise<void>;
  /** Asks a run to pause before it begins with another node. */
  readonly pauseRun: (id: RunId) => Promise<void>;
  readonly cancelRun: (id: RunId) => Promise<void>;
  /** Opens a gate that holds a run; the operator has been asked. @throws OperatorError */
  readonly overrideGate: (id: RunId, gate: string) => Promise<void>;
  /** Reads what a plan wants inspected; `plan` knows it afterwards. @throws OperatorError */
  readonly inspect: (wants: InspectionWants) => Promise<void>;
  /** Writes the run as a commented shell script. @throws OperatorError */
  readonly saveScript: (id: RunId) => Promise<SavedScript>;
  /** Journal and output of a run as text, oldest first. @throws OperatorError */
  readonly readLog: (id: RunId) => Promise<readonly string[]>;
  /** Calls with the last lines that the commands of a step printed, whenever there are more. @returns stop. */
  readonly followOutput: (
    id: RunId,
    step: string,
    onLines: (lines: readonly string[]) => void,
  ) => () => void;
  /** Polls every source at once. */
  readonly refresh: () => void;
  /** Tells the sources what is looked at: they slow down what nobody sees. */
  readonly setFocus: (focus: { readonly screen: string; readonly node: string | null }) => void;
  /** A key was pressed: sources that slowed down while nobody was there come back. */
  readonly heardKey: () => void;
  /** Puts text on the operator's clipboard with OSC 52. */
  readonly copy: (text: string) => void;
  /** Stops the process group (Ctrl-Z); resolves after SIGCONT. The terminal must have been handed back. */
  readonly suspend: () => Promise<void>;
  readonly quit: () => void;
}

const WiringContext = createContext<Wiring | null>(null);

export const WiringProvider = WiringContext.Provider;

/** @throws Error outside of the provider: a bug in the mount. */
export function useWiring(): Wiring {
  const wiring = useContext(WiringContext);
  if (wiring === null) throw new Error('useWiring outside of WiringProvider');
  return wiring;
}
