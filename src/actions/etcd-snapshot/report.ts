/** What talosctl prints about a finished snapshot. */
export interface SnapshotReport {
  readonly hash: string;
  readonly revision: number;
  readonly totalKeys: number;
}

/** As of talosctl 1.9 … main: `snapshot info: hash c25fd181, revision 4193, total keys 1287, total size 3035136`. */
const INFO = /^snapshot info: hash ([0-9a-f]+), revision (\d+), total keys (\d+),/gm;

/** Of the last snapshot in the output; null when it does not report one. */
export function snapshotReport(stdout: string): SnapshotReport | null {
  const [, hash, revision, totalKeys] = [...stdout.matchAll(INFO)].at(-1) ?? [];
  return hash === undefined || revision === undefined || totalKeys === undefined
    ? null
    : { hash, revision: Number(revision), totalKeys: Number(totalKeys) };
}
