import { type Inspection, NOTHING_INSPECTED } from './inspection.js';

/** A program that changes are made with. `unusable`: missing, too old or broken. */
export type ProgramFact =
  | { readonly state: 'usable'; readonly version: string }
  | { readonly state: 'unusable'; readonly problem: string; readonly hint: string }
  | { readonly state: 'unknown' };

/** The directory that snapshots go to. `absent` means that we can create it. */
export interface DirectoryFact {
  readonly path: string;
  readonly state: 'ready' | 'absent' | 'unusable' | 'unknown';
  /** Why it is unusable or unknown; empty otherwise. */
  readonly problem: string;
  /** Free for us on the file system that holds, or would hold, the directory. */
  readonly freeBytes: number | null;
}

/** What plans need to know about this host and the client credentials, read before planning. */
export interface ActionFacts {
  readonly talosctl: ProgramFact;
  readonly kubectl: ProgramFact;
  readonly snapshotDirectory: DirectoryFact;
  /** `os:admin`, …: organizations of the Talos client certificate; null when they could not be read. */
  readonly talosRoles: readonly string[] | null;
  /** What the action that is planned wanted to know: see `Action.wants`. */
  readonly inspection: Inspection;
}

/** Before the first reading: everything is unknown, and unknown counts as red. */
export const unknownFacts = (snapshotDir: string): ActionFacts => ({
  talosctl: { state: 'unknown' },
  kubectl: { state: 'unknown' },
  snapshotDirectory: {
    path: snapshotDir,
    state: 'unknown',
    problem: 'not looked at yet',
    freeBytes: null,
  },
  talosRoles: null,
  inspection: NOTHING_INSPECTED,
});
