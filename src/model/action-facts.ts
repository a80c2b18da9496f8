/** A program that changes are made with. `unknown`: asked and not understood, or not asked yet. */
export type ProgramFact =
  | { readonly state: 'found'; readonly version: string }
  | { readonly state: 'missing'; readonly problem: string }
  | { readonly state: 'unknown'; readonly problem: string };

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
}

const NOT_ASKED = { state: 'unknown', problem: 'not asked yet' } as const;

/** Before the first reading: everything is unknown, and unknown counts as red. */
export const unknownFacts = (snapshotDir: string): ActionFacts => ({
  talosctl: NOT_ASKED,
  kubectl: NOT_ASKED,
  snapshotDirectory: { ...NOT_ASKED, path: snapshotDir, freeBytes: null },
  talosRoles: null,
});
