import type { Action, Answers } from '../actions/types.js';
import type { RunId } from '../model/ids.js';
import type { Level } from '../model/machine.js';

export interface Field {
  readonly label: string;
  readonly value: string;
  readonly level?: Level;
}

export interface Section {
  readonly title: string;
  readonly fields: readonly Field[];
}

/** What a row stands for: what actions are offered with, and what describe, YAML and copy show. */
export interface Subject {
  readonly title: string;
  /** Answers that an action may take from the selection: `node`, `vm`, `csr`, … */
  readonly answers: Answers;
  readonly copyText: string;
  readonly sections: () => readonly Section[];
  readonly yaml: () => unknown;
}

export type ViewerContent =
  | { readonly kind: 'sections'; readonly sections: readonly Section[] }
  | { readonly kind: 'text'; readonly lines: readonly string[] }
  /** Its end is what matters. */
  | { readonly kind: 'log'; readonly lines: readonly string[] }
  | { readonly kind: 'yaml'; readonly value: unknown };

export const viewerOf = ({ title, sections }: Subject): Modal => ({
  kind: 'viewer',
  title,
  content: { kind: 'sections', sections: sections() },
});

/** One dialog at a time; opening another replaces it. */
export type Modal =
  | { readonly kind: 'help' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'menu'; readonly title: string; readonly answers: Answers }
  | { readonly kind: 'viewer'; readonly title: string; readonly content: ViewerContent }
  /** Asks, reads, explains or wants consent: whatever planning with these answers comes to. */
  | {
      readonly kind: 'action';
      readonly action: Action;
      readonly answers: Answers;
      /** What was answered before, for the fields of a form that is shown again. */
      readonly tried: Answers;
      /** What the cursor of the screen is on, when that is where it began. */
      readonly underCursor?: Answers;
      /** Answers before the last form: from here its questions can be asked again; null: nothing was asked. */
      readonly before: Answers | null;
      readonly openedAtMs: number;
    }
  | { readonly kind: 'cancel-run'; readonly runId: RunId; readonly openedAtMs: number }
  | {
      readonly kind: 'override-gate';
      readonly runId: RunId;
      readonly gate: string;
      readonly openedAtMs: number;
    }
  | { readonly kind: 'quit'; readonly runSummary: string; readonly runId: RunId };
