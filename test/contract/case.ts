import type { ApiObject } from './kube-api.js';
import type { ContractLab } from './lab.js';
import type { MaskName } from './masks.js';
import type { ProgramName } from './tool-cache.js';

/**
 * How two outputs are compared.
 * `bytes`: to the last byte. `json`: one document, order of keys left out. `json-stream`: concatenated documents.
 * `yaml-stream`: documents between `---`. `table`: cells below headers, widths left out. `sorted-lines`: lines in
 * any order. `ignored`: the reference leaves it open.
 */
export type Comparison =
  | 'bytes'
  | 'json'
  | 'json-stream'
  | 'yaml-stream'
  | 'table'
  | 'sorted-lines'
  | 'ignored';

/** A difference that is right as it is, e.g. because the versions themselves differ. */
export interface KnownDifference {
  /** `>=1.36`, `<1.14` or one version: of the real program. */
  readonly versions: string;
  readonly parts: readonly Part[];
  /** A heading of docs/contracts.md. */
  readonly about: string;
}

export type Part = 'stdout' | 'stderr' | 'exit code' | 'files' | 'world';

/** Words such as `{cp1}` stand for facts of the lab: see `ContractLab.facts`. */
export interface Step {
  readonly argv: readonly string[];
  readonly stdin?: string | ((lab: ContractLab) => Promise<string>);
  /** `bytes` unless told. */
  readonly stdout?: Comparison;
  /** `class` unless told: what an operator would conclude. `bytes`: every line. */
  readonly stderr?: 'class' | 'bytes' | 'sorted-lines' | 'ignored';
  readonly masks?: readonly MaskName[];
  /** Lab changes before the program starts. */
  readonly before?: readonly string[];
  /** A program that does not end by itself: what happens meanwhile, then the signal. */
  readonly follow?: Follow;
  /** Virtual seconds that pass afterwards, before the world is looked at. */
  readonly advanceSeconds?: number;
  /** Only real programs of these versions: `>=1.31`. */
  readonly only?: string;
  readonly known?: readonly KnownDifference[];
  /** A file below `{out}` that has to be the same. */
  readonly file?: string;
  /** What the reference says: of the real program, besides being equal to the stand-in. */
  readonly expect?: Expectation;
}

/** Texts hold facts of the lab and are compared without blanks at their end; patterns see places masked. */
export interface Expectation {
  /** Absent: the reference leaves it open. */
  readonly code?: number;
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
}

export interface Follow {
  /** Stdout says this once the program is ready; the changes wait for it. */
  readonly readyAfter?: string;
  readonly changes?: readonly string[];
  /** Sent to the unix socket `{out}/api` once it is ready: what `kubectl proxy` passes on. */
  readonly requests?: readonly ProxyRequest[];
  /** Real time after the changes. */
  readonly forMs: number;
  readonly signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL';
}

export interface ProxyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: (lab: ContractLab) => Promise<ApiObject>;
  /** Read what comes within this time, then hang up. */
  readonly forMs?: number;
}

/** Steps one after the other on one lab. */
export interface Case {
  readonly program: ProgramName;
  /** What the operator wants. */
  readonly title: string;
  /** `healthy` unless told. */
  readonly scenario?: string;
  /** Virtual seconds per real second; 0, the default, stands still: two programs see the same moment. */
  readonly timeScale?: number;
  /** Everybody gets an equal lab of their own, and the worlds are compared after each step. */
  readonly isChange?: boolean;
  /**
   * Pods and requests come under new names meanwhile: of the world only what is settled is compared. So it is
   * unless told where time passes, because it passes further for a slower program.
   */
  readonly isMoving?: boolean;
  /** The stand-in does not know these commands: only the lab is tried, against what the reference says. */
  readonly isRealOnly?: boolean;
  readonly steps: readonly Step[];
}
