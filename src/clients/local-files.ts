import type { CatalogueEntry } from '../model/run.js';

export interface SnapshotVerification {
  readonly isVerified: boolean;
  readonly sizeBytes: number;
  /** SHA-256 of the whole file, what `sha256sum` prints. */
  readonly sha256: string;
  /** bbolt transaction id of the meta page that counts; null when none is valid. */
  readonly transactionId: bigint | null;
  /** Failed checks in plain words; empty when verified. */
  readonly problems: readonly string[];
}

export interface Catalogue {
  /** Newest first. */
  readonly entries: readonly CatalogueEntry[];
  /** Entries that cannot be read and files without an entry, one sentence each. */
  readonly problems: readonly string[];
}

/** Snapshot files and their catalogue entries (`<file>.json`). Every method throws ClientError kind `disk`. */
export interface SnapshotFiles {
  /** Makes the directory 0700; one that others may enter is refused. */
  readonly prepare: (directory: string) => Promise<void>;
  /** Size of a regular file, null when there is none. */
  readonly sizeBytes: (path: string) => Promise<number | null>;
  /** Streams the file through checks a–c of the snapshot rules; a bad file is a result, not an error. */
  readonly verify: (path: string, signal?: AbortSignal) => Promise<SnapshotVerification>;
  /** Keeps a bad file out of the way as `<path>.bad`. @returns its new path. */
  readonly quarantine: (path: string) => Promise<string>;
  /** Removes what a killed talosctl leaves (`<path>.part`). @returns whether there was one. */
  readonly discardPartial: (path: string) => Promise<boolean>;
  readonly readEntry: (path: string) => Promise<CatalogueEntry | null>;
  readonly writeEntry: (entry: CatalogueEntry) => Promise<void>;
  readonly list: (directory: string) => Promise<Catalogue>;
  /** Deletes a snapshot, then its entry. */
  readonly remove: (entry: CatalogueEntry) => Promise<void>;
  /** Text of a file, empty when there is none. */
  readonly text: (path: string) => Promise<string>;
}

/** One decision on a certificate request (operations: audit record). */
export interface AuditRecord {
  readonly atMs: number;
  readonly operator: string;
  readonly runDir: string;
  readonly action: string;
  readonly object: string;
  readonly uid: string;
  readonly node: string | null;
  readonly keyFingerprint: string | null;
  readonly names: readonly string[];
  readonly rules: readonly { readonly id: string; readonly state: string; readonly text: string }[];
  readonly credentialId: string | null;
  readonly outcome: string;
}

export interface AuditLog {
  /** On disk when the promise resolves. */
  readonly append: (record: AuditRecord) => Promise<void>;
  /** The newest record of an issued request of this node, null when there is none. */
  readonly lastIssued: (node: string) => Promise<AuditRecord | null>;
}
