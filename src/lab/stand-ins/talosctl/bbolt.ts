import { crc32c } from './crc32c.js';
import { bytes, message, string } from './protobuf.js';

/** What `etcdutl snapshot status` finds out. */
export interface SnapshotStatus {
  readonly hash: number;
  readonly revision: number;
  /** Keys that exist in the newest revision. */
  readonly totalKeys: number;
  readonly totalSize: number;
}

const PAGE_HEADER_BYTES = 16;
const ELEMENT_BYTES = 16;
const META_BYTES = 64;
const MAGIC = 0xed0cdaed;
const FLAG = { branch: 0x01, leaf: 0x02 } as const;
const BUCKET_HEADER_BYTES = 16;
const TOMBSTONE_BYTES = 18;
/** mvccpb.KeyValue. */
const KEY_VALUE = message({ key: string(1), value: bytes(5) });

interface Database {
  readonly file: Buffer;
  readonly pageBytes: number;
  readonly root: number;
  readonly totalSize: number;
}

/**
 * Reads an etcd database as bbolt does (page.go, bucket.go, cursor.go) and counts and hashes it as etcd does
 * (etcdutl/snapshot/v3_snapshot.go, Status): CRC-32C over bucket names, keys and values in order. etcd 3.6, which
 * talosctl ≥ 1.11 carries, counts live keys; 3.4 counted the entries of all buckets.
 * @throws RangeError when the file is no database or is damaged where it is read.
 */
export function snapshotStatus(file: Buffer): SnapshotStatus {
  const database = open(file);
  let hash = 0;
  const live = new Set<string>();
  let revision = 0;
  for (const bucket of entries(database, pageAt(database, database.root))) {
    hash = crc32c(hash, bucket.key);
    const isKeys = bucket.key.toString() === 'key';
    for (const { key, value } of entries(database, bucketPage(database, bucket.value))) {
      hash = crc32c(crc32c(hash, key), value);
      if (!isKeys) continue;
      revision = Number(key.readBigUInt64BE(0));
      if (isTombstone(key)) live.delete(keyOf(value));
      else live.add(keyOf(value));
    }
  }
  return { hash, revision, totalKeys: live.size, totalSize: database.totalSize };
}

/** Keys as they are in the newest revision, with their values. @throws RangeError as `snapshotStatus` does. */
export function liveValues(file: Buffer): ReadonlyMap<string, Buffer> {
  const database = open(file);
  const live = new Map<string, Buffer>();
  for (const bucket of entries(database, pageAt(database, database.root))) {
    if (bucket.key.toString() !== 'key') continue;
    for (const { key, value } of entries(database, bucketPage(database, bucket.value))) {
      const decoded = KEY_VALUE.decode(value);
      if (isTombstone(key)) live.delete(decoded.key);
      else live.set(decoded.key, decoded.value);
    }
  }
  return live;
}

/** etcd mvcc: the revision of a deletion is marked with a `t`. */
const isTombstone = (revision: Buffer): boolean =>
  revision.length === TOMBSTONE_BYTES && revision[TOMBSTONE_BYTES - 1] === 0x74;

const keyOf = (value: Buffer): string => KEY_VALUE.decode(value).key;

function open(file: Buffer): Database {
  const metas = [0, pageSizeOf(file)].flatMap((offset) => {
    const meta = file.subarray(offset + PAGE_HEADER_BYTES, offset + PAGE_HEADER_BYTES + META_BYTES);
    return meta.length === META_BYTES && meta.readUInt32LE(0) === MAGIC ? [meta] : [];
  });
  const [newest] = metas.sort((a, b) => Number(b.readBigUInt64LE(48) - a.readBigUInt64LE(48)));
  if (newest === undefined) throw new RangeError('invalid database');
  const pageBytes = newest.readUInt32LE(8);
  return {
    file,
    pageBytes,
    root: Number(newest.readBigUInt64LE(16)),
    totalSize: Number(newest.readBigUInt64LE(40)) * pageBytes,
  };
}

const pageSizeOf = (file: Buffer): number => file.readUInt32LE(PAGE_HEADER_BYTES + 8);

function pageAt({ file, pageBytes }: Database, id: number): Buffer {
  const start = id * pageBytes;
  const overflow = file.readUInt32LE(start + 12);
  return file.subarray(start, start + (overflow + 1) * pageBytes);
}

/** A small bucket lives inside its entry: root 0, then a page. */
function bucketPage(database: Database, value: Buffer): Buffer {
  const root = Number(value.readBigUInt64LE(0));
  return root === 0 ? value.subarray(BUCKET_HEADER_BYTES) : pageAt(database, root);
}

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

function* entries(database: Database, page: Buffer): Generator<Entry> {
  const flags = page.readUInt16LE(8);
  const count = page.readUInt16LE(10);
  for (let index = 0; index < count; index += 1) {
    const element = PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
    if ((flags & FLAG.branch) !== 0) {
      yield* entries(database, pageAt(database, Number(page.readBigUInt64LE(element + 8))));
      continue;
    }
    if ((flags & FLAG.leaf) === 0) throw new RangeError(`unexpected page type ${flags}`);
    const start = element + page.readUInt32LE(element + 4);
    const end = start + page.readUInt32LE(element + 8);
    yield {
      key: page.subarray(start, end),
      value: page.subarray(end, end + page.readUInt32LE(element + 12)),
    };
  }
}
