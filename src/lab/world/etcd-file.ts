import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { assetPath } from '../../model/package-root.js';
import type { LabEtcdMember, World } from './types.js';

/** bbolt file format (go.etcd.io/bbolt): page header 16 bytes, then elements of 16 bytes. */
const PAGE_HEADER = 16;
const ELEMENT = 16;
const LEAF = 0x02;
const META = { pageSize: 8, highWater: 40, transaction: 48, checksum: 56 } as const;
const TRAILER_BYTES = 32;
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

let seed: Buffer | undefined;

const loadSeed = (): Buffer => {
  seed ??= gunzipSync(readFileSync(assetPath('lab', 'etcd-seed.db.gz')));
  return seed;
};

/** What `etcd snapshot` of this member streams: its whole database file, then the SHA-256 of it. */
export const memberSnapshot = (world: World, member: LabEtcdMember): Buffer =>
  etcdSnapshot({
    sizeBytes: member.dbSizeBytes,
    revision: world.etcd.revision,
    transaction: member.raftIndex,
  });

export interface SnapshotContent {
  /** Rounded up to whole pages, never below the seed's size. */
  readonly sizeBytes: number;
  /** Revision of the newest key. */
  readonly revision: number;
  /** bbolt transaction id. */
  readonly transaction: number;
}

/** A database that a real etcd made, grown with free pages: etcd keeps no free list in the file, so that they need none. */
export function etcdSnapshot(content: SnapshotContent): Buffer {
  const original = loadSeed();
  const pageSize = original.readUInt32LE(PAGE_HEADER + META.pageSize);
  const pageCount = Math.ceil(Math.max(content.sizeBytes, original.length) / pageSize);
  const file = Buffer.alloc(pageCount * pageSize + TRAILER_BYTES);
  original.copy(file);
  setNewestRevision(file, pageSize, content.revision);
  // Two copies of the meta page, written in turns: the older one carries the transaction before.
  for (const [index, page] of newestFirst(original, pageSize).entries()) {
    const meta = page * pageSize + PAGE_HEADER;
    file.writeBigUInt64LE(BigInt(pageCount), meta + META.highWater);
    file.writeBigUInt64LE(BigInt(content.transaction - index), meta + META.transaction);
    file.writeBigUInt64LE(fnv64(file.subarray(meta, meta + META.checksum)), meta + META.checksum);
  }
  const database = file.subarray(0, -TRAILER_BYTES);
  createHash('sha256').update(database).digest().copy(file, database.length);
  return file;
}

function newestFirst(file: Buffer, pageSize: number): readonly number[] {
  const transaction = (page: number): bigint =>
    file.readBigUInt64LE(page * pageSize + PAGE_HEADER + META.transaction);
  return transaction(0) > transaction(1) ? [0, 1] : [1, 0];
}

function fnv64(bytes: Buffer): bigint {
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  return hash;
}

/** Keys of bucket `key` are revisions, big-endian: raising the last one keeps their order. */
function setNewestRevision(file: Buffer, pageSize: number, revision: number): void {
  const [current] = newestFirst(file, pageSize);
  const root = Number(file.readBigUInt64LE((current ?? 0) * pageSize + PAGE_HEADER + 16));
  const bucket = elementsOf(file, root * pageSize).find(({ key }) =>
    key.equals(Buffer.from('key')),
  );
  if (bucket === undefined) throw new Error('The etcd seed has no bucket "key".');
  const bucketRoot = Number(file.readBigUInt64LE(bucket.valueOffset));
  let page = bucketRoot === 0 ? bucket.valueOffset + PAGE_HEADER : bucketRoot * pageSize;
  while ((file.readUInt16LE(page + 8) & LEAF) === 0) {
    const count = file.readUInt16LE(page + 10);
    const last = page + PAGE_HEADER + (count - 1) * ELEMENT;
    page = Number(file.readBigUInt64LE(last + 8)) * pageSize;
  }
  elementsOf(file, page).at(-1)?.key.writeBigUInt64BE(BigInt(revision), 0);
}

interface LeafElement {
  readonly key: Buffer;
  readonly valueOffset: number;
}

function elementsOf(file: Buffer, page: number): readonly LeafElement[] {
  return Array.from({ length: file.readUInt16LE(page + 10) }, (_, index) => {
    const element = page + PAGE_HEADER + index * ELEMENT;
    const keyOffset = element + file.readUInt32LE(element + 4);
    const valueOffset = keyOffset + file.readUInt32LE(element + 8);
    return { key: file.subarray(keyOffset, valueOffset), valueOffset };
  });
}
