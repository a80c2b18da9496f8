import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BBOLT_HEAD_BYTES } from '../../src/model/bbolt.js';
import type { SnapshotScan } from '../../src/model/etcd-snapshot.js';

/** Taken from a real etcd 3.4.23: revision 21, 24 keys, hash f564651a. */
export const realSnapshot = (): Buffer =>
  gunzipSync(readFileSync(join(import.meta.dirname, '../fixtures/etcd-3.4.23-snapshot.db.gz')));

/** What one pass over these bytes gives; computed apart from the code under test. */
export const scanOf = (bytes: Uint8Array): SnapshotScan => ({
  sizeBytes: bytes.length,
  head: bytes.subarray(0, BBOLT_HEAD_BYTES),
  bodySha256: createHash('sha256').update(bytes.subarray(0, -32)).digest('hex'),
  trailer: Buffer.from(bytes.subarray(-32)).toString('hex'),
});

/** Replaces the checksum at the end by the right one. */
export function resealed(bytes: Uint8Array): Buffer {
  const body = bytes.subarray(0, -32);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** What the real one says of `realSnapshot`. */
export const REPORT = 'snapshot info: hash f5641a1a, revision 21, total keys 24, total size 24576';

/** A talosctl in this directory that copies `source` and reports on it as the real one does. */
export function fakeTalosctl(bin: string, source: Uint8Array, report: string): string {
  writeFileSync(join(bin, 'source'), source);
  const program = join(bin, 'talosctl');
  writeFileSync(
    program,
    `#!/bin/sh
for path; do :; done
umask 077
cat '${bin}/source' > "$path.part"
mv "$path.part" "$path"
echo "etcd snapshot saved to \\"$path\\" (24608 bytes)"
echo '${report}'
`,
  );
  chmodSync(program, 0o700);
  return program;
}
