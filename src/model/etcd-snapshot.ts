import { type BboltMeta, readBboltMeta } from './bbolt.js';

/** etcd appends the SHA-256 of everything before it (etcd: Maintenance.Snapshot). */
export const TRAILER_BYTES = 32;
const SECTOR_BYTES = 512;

/** What one pass over a snapshot file gives. */
export interface SnapshotScan {
  readonly sizeBytes: number;
  /** Beginning of the file, at least `BBOLT_HEAD_BYTES` of it or all. */
  readonly head: Uint8Array;
  /** SHA-256 of the bytes before the trailer, hex. */
  readonly bodySha256: string;
  /** The last 32 bytes, hex. */
  readonly trailer: string;
}

/** Checks a to c of the snapshot rules on content; mode and type of the file are the caller's. */
export function problemsWithSnapshot(scan: SnapshotScan): {
  readonly meta: BboltMeta | null;
  readonly problems: readonly string[];
} {
  const { sizeBytes, bodySha256, trailer } = scan;
  if (sizeBytes <= TRAILER_BYTES || sizeBytes % SECTOR_BYTES !== TRAILER_BYTES) {
    const text = `${sizeBytes} bytes are not whole sectors and a ${TRAILER_BYTES}-byte checksum: the file is cut, or it is a raw copy of the database`;
    return { meta: null, problems: [text] };
  }
  const meta = readBboltMeta(scan.head);
  const checks: readonly (string | null)[] = [
    bodySha256 === trailer ? null : 'the SHA-256 at its end does not match its content',
    meta === null
      ? 'neither of its two meta pages is valid: it is no etcd database'
      : problemWithLength(meta, sizeBytes),
  ];
  return { meta, problems: checks.filter((problem) => problem !== null) };
}

function problemWithLength(
  { pageSizeBytes, highWaterPage }: BboltMeta,
  sizeBytes: number,
): string | null {
  const expected = highWaterPage * BigInt(pageSizeBytes);
  const actual = BigInt(sizeBytes - TRAILER_BYTES);
  return expected === actual
    ? null
    : `the database should have ${expected} bytes and has ${actual}`;
}
