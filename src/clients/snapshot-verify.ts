import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BBOLT_HEAD_BYTES } from '../model/bbolt.js';
import { problemsWithSnapshot, type SnapshotScan, TRAILER_BYTES } from '../model/etcd-snapshot.js';
import { errorCode, onDisk } from './disk-error.js';
import type { SnapshotVerification } from './local-files.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Checks a to c in one pass. Needed because neither `talosctl etcd snapshot` nor `etcdutl snapshot status`
 * compares the checksum: only a restore does, when it is too late (etcd: etcdutl/snapshot/v3_snapshot.go).
 * @throws ClientError kind `disk` when the file cannot be read.
 */
export function verifySnapshot(path: string, signal?: AbortSignal): Promise<SnapshotVerification> {
  return onDisk(`The snapshot ${path} cannot be read`, async () => {
    const file = await openRegular(path);
    if (file === null) return bad(0, `${path} is no regular file`);
    try {
      return await verifyOpen(file, signal);
    } finally {
      await file.close();
    }
  });
}

const bad = (sizeBytes: number, problem: string): SnapshotVerification => ({
  isVerified: false,
  sizeBytes,
  sha256: '',
  transactionId: null,
  problems: [problem],
});

/** Neither follows a link nor hangs on a pipe. */
async function openRegular(path: string): Promise<FileHandle | null> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ELOOP') return null;
    throw error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return null;
}

async function verifyOpen(file: FileHandle, signal?: AbortSignal): Promise<SnapshotVerification> {
  const { size, mode } = await file.stat();
  const scanned = await scan(file, size, signal);
  if (scanned === null) return bad(size, 'the file became shorter while it was read');
  const { meta, problems } = problemsWithSnapshot(scanned.scan);
  const all = [...problems, ...problemsWithMode(mode)];
  return {
    isVerified: all.length === 0,
    sizeBytes: size,
    sha256: scanned.sha256,
    transactionId: meta?.transactionId ?? null,
    problems: all,
  };
}

const problemsWithMode = (mode: number): readonly string[] =>
  (mode & 0o077) === 0
    ? []
    : [`others may read it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600`];

async function scan(
  file: FileHandle,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<{ readonly scan: SnapshotScan; readonly sha256: string } | null> {
  const bodyBytes = Math.max(0, sizeBytes - TRAILER_BYTES);
  const hash = createHash('sha256');
  const head = Buffer.alloc(Math.min(BBOLT_HEAD_BYTES, sizeBytes));
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; at < bodyBytes; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, bodyBytes - at), at);
    if (bytesRead === 0) return null;
    hash.update(chunk.subarray(0, bytesRead));
    if (at < head.length) chunk.copy(head, at, 0, bytesRead);
    at += bytesRead;
  }
  const trailer = Buffer.alloc(sizeBytes - bodyBytes);
  const { bytesRead } = await file.read(trailer, 0, trailer.length, bodyBytes);
  if (bytesRead < trailer.length) return null;
  const bodySha256 = hash.copy().digest('hex');
  return {
    scan: { sizeBytes, head, bodySha256, trailer: trailer.toString('hex') },
    sha256: hash.update(trailer).digest('hex'),
  };
}
