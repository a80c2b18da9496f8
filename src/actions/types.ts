import type { Clock } from '../clients/clock.js';
import type { AuditLog, SnapshotFiles } from '../clients/local-files.js';
import type { KubeClient, PveClient, Shell, TalosClient } from '../clients/types.js';
import type { ActionFacts } from '../model/action-facts.js';
import type { Connection } from '../model/connection.js';
import type { InspectionWants } from '../model/inspection.js';
import type { RunSummary } from '../model/run.js';
import type { Snapshot } from '../model/snapshot.js';

/**
 * 0 read · 1 reversible on one node · 2 disruptive on one node · 3 disruptive on the cluster (type its name) ·
 * 4 irreversible (type the node or cluster name).
 */
export type ActionLevel = 0 | 1 | 2 | 3 | 4;

export type Answers = Readonly<Record<string, string>>;

/** What is still to be asked: a dialog in the console, `--set name=value` headless. */
export interface Form {
  readonly kind: 'form';
  readonly title: string;
  readonly questions: readonly Question[];
}

export interface Question {
  readonly name: string;
  readonly label: string;
  /** `choice` takes one of `choices`, `choices` several joined by a comma. */
  readonly kind: 'text' | 'number' | 'path' | 'choice' | 'choices';
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly suggestion: string;
  /** A dialog begins with the suggestion; without a screen nothing is taken that was not said. */
  readonly isToBeSaid?: boolean;
  /** Why the last answer was not taken. */
  readonly problem: string | null;
}

/** Why the action cannot run now. A value, shown and never thrown. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reason: string;
  readonly hint: string;
  readonly gate: string | null;
  /** The request itself was wrong (exit code 2) rather than refused by the state of the world (3). */
  readonly isUsage?: boolean;
}

export interface Gate {
  /** `G-ETCD` */
  readonly id: string;
  readonly title: string;
  /** Unknown counts as red. */
  readonly state: 'green' | 'red' | 'unknown';
  /** The evidence in plain words. */
  readonly text: string;
  readonly remedy: string;
  readonly override: 'no' | 'type' | 'confirm';
}

/** What the operator sees of a step; part of the fingerprint. */
export interface PlannedStep {
  readonly id: string;
  readonly title: string;
  /** Node, VM or object that is changed. */
  readonly target: string | null;
  /** Exactly what is run or called, secrets never in it. */
  readonly command:
    | { readonly kind: 'argv'; readonly argv: readonly [string, ...string[]] }
    | { readonly kind: 'api'; readonly method: string; readonly path: string }
    | { readonly kind: 'local'; readonly text: string };
  /** It takes something away from users or from etcd: gates, and the operator's leave, come first. */
  readonly isDisruptive: boolean;
  /**
   * It takes nothing away by itself and only opens the work on its target: gates and leave come before it, so that a
   * target that must not be touched is left as it is. People are not told that it disrupts.
   */
  readonly isOpening?: boolean;
  readonly proof: string;
  readonly expectedMs: number;
}

export type Sight = (
  | { readonly done: true; readonly evidence: string }
  | { readonly done: false; readonly lastSeen: string }
) & {
  /** What a run leaves that stops here, as it was seen; empty: nothing. Absent: `Step.stateWhenStopped`. */
  readonly left?: string;
};

/**
 * An order to Proxmox: journalled before it is sent, its UPID journalled after, followed to its end. Paths are
 * below `/api2/json`; parameters never hold a secret.
 */
export interface PveOrder {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** `/nodes/pve1/qemu/101/resize` */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A step with its behaviour. Every function may throw OperatorError: the step has failed. */
export interface Step extends PlannedStep {
  /** Is it already so? Then the step is skipped as "already done". */
  readonly look: (context: StepContext) => Promise<Sight>;
  readonly run: (context: StepContext) => Promise<void>;
  /** Evaluated right before a disruptive step, instead of the plan's gates: they know how far the run must be. */
  readonly gates?: (context: PlanContext) => readonly Gate[];
  /** The steps of one node belong together: a run that was asked to pause after this node pauses between groups. */
  readonly group?: string;
  /**
   * What the world is in when the run stops after `run` and before the proof: `cordoned`, `armed`, `rebooting`. A look
   * at what is really there counts more: see `Sight.left`.
   */
  readonly stateWhenStopped?: string;
  /** Asked again and again until done or `proveTimeoutMs`. */
  readonly prove: (context: StepContext) => Promise<Sight>;
  readonly proveTimeoutMs: number;
  /** After so long its command gives up by itself; absent: within a minute or so. A run that is stopped waits for it. */
  readonly commandTimeoutMs?: number;
  /** It only waits: when the time is over the run pauses with what is missing, and goes on when that is there. */
  readonly isHeldWhenLate?: boolean;
}

export interface Plan {
  readonly kind: 'plan';
  readonly action: string;
  /**
   * The answers with every choice that plan() made filled in (node, file name, request names): planning again
   * with them gives the same fingerprint, before, during and after the run.
   */
  readonly answers: Answers;
  readonly level: ActionLevel;
  readonly summary: string;
  /** The preview, one line each. */
  readonly lines: readonly string[];
  readonly gates: readonly Gate[];
  readonly steps: readonly Step[];
  readonly expectedMs: number;
  readonly downtime: string;
  readonly ifConsoleDies: string;
  readonly undo: string;
  /** What must be typed for levels 3 and 4; null below. */
  readonly confirmName: string | null;
}

/** Live access for steps; everything from outside comes in here. */
export interface StepContext {
  readonly connection: Connection;
  /** The newest snapshot of the run process' own sources. */
  readonly snapshot: () => Snapshot;
  /** Null when the connection has no such part. */
  readonly talos: TalosClient | null;
  readonly kube: KubeClient | null;
  readonly pve: PveClient | null;
  /** Journals intent, output and exit of every change by itself. */
  readonly shell: Shell;
  /** @throws ClientError when Proxmox refuses or its task ends with an error; warnings are noted */
  readonly order: (order: PveOrder) => Promise<void>;
  /** Reads again what `wants` names and gives what planning would see now. */
  readonly inspect: () => Promise<PlanContext>;
  readonly clock: Clock;
  /** The snapshot files and their catalogue on this host. */
  readonly snapshotFiles: SnapshotFiles;
  /** One record per decision on a certificate request, kept for good. */
  readonly audit: AuditLog;
  readonly signal: AbortSignal;
  /** Shown while the step runs: what it waits for or how far it is. */
  readonly report: (lastSeen: string) => void;
  /** Kept in the journal: something that the step did or found besides its command. */
  readonly note: (text: string) => void;
  /** Directory of this run, 0700. */
  readonly runDir: string;
  /** All runs on this host, this one too; absent: not known. */
  readonly runs?: () => Promise<readonly RunSummary[]>;
  readonly operator: string;
  /** Gates that the operator overrode, by id: they are not waited for either. */
  readonly overrides?: readonly string[];
}

export interface PlanContext {
  readonly snapshot: Snapshot;
  readonly answers: Answers;
  readonly connection: Connection;
  /** Programs, directory and roles: see `createFacts` of clients/action-facts.ts. */
  readonly facts: ActionFacts;
  readonly nowMs: number;
}

export interface Action {
  readonly id: string;
  readonly title: string;
  /** One line for palette, help and docs. */
  readonly description: string;
  /** `a`, `S`, or null when it is reached by menu and palette only. */
  readonly key: string | null;
  readonly level: ActionLevel;
  /** Names accepted in answers; anything else is a usage error. */
  readonly answerNames: readonly string[];
  /** What has to be inspected for a plan with these answers; absent: nothing. */
  readonly wants?: (snapshot: Snapshot, answers: Answers) => InspectionWants;
  /** What `plan` has not heard yet, in plain words: command line and run process wait for it before they plan. */
  readonly missing: (snapshot: Snapshot, answers: Answers) => readonly string[];
  /**
   * Every answer that an operator may give, also those that `plan` never asks for; the suggestion is what holds when
   * nothing is said. For changing them in a dialog: answers are never pinned here.
   */
  readonly options?: (context: PlanContext) => readonly Question[];
  /** Pure and cheap: called on every snapshot to know whether the key is dim. */
  readonly plan: (context: PlanContext) => Plan | Refusal | Form;
}
