import type { Action, Answers, Form, Plan } from '../actions/types.js';
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
  | {
      readonly kind: 'form';
      readonly action: Action;
      readonly form: Form;
      readonly answers: Answers;
    }
  | {
      readonly kind: 'confirm';
      readonly plan: Plan;
      readonly title: string;
      readonly openedAtMs: number;
    }
  | { readonly kind: 'quit'; readonly runSummary: string; readonly runId: RunId };
