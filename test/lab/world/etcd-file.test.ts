import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { etcdSnapshot } from '../../../src/lab/world/etcd-file.js';

const PAGE = 4096;
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

const fnv = (bytes: Buffer): bigint =>
  bytes.reduce((hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME), FNV_OFFSET);

const content = { sizeBytes: 1_000_000, revision: 201_234, transaction: 77_001 };

test('a snapshot ends with the SHA-256 of everything before it, as etcd sends it', () => {
  const file = etcdSnapshot(content);

  expect(file.length % 512).toBe(32);
  expect(createHash('sha256').update(file.subarray(0, -32)).digest()).toEqual(file.subarray(-32));
});

test('both meta pages carry right checksums and say how many pages the file has', () => {
  const file = etcdSnapshot(content);
  const metas = [16, PAGE + 16].map((offset) => file.subarray(offset, offset + 64));

  for (const meta of metas) {
    expect(meta.readUInt32LE(0)).toBe(0xed0cdaed);
    expect(meta.readBigUInt64LE(56)).toBe(fnv(meta.subarray(0, 56)));
    expect(Number(meta.readBigUInt64LE(40)) * PAGE).toBe(file.length - 32);
  }
  const transactions = metas.map((meta) => Number(meta.readBigUInt64LE(48))).sort();
  expect(transactions).toEqual([content.transaction - 1, content.transaction]);
});

test('the newest key has the revision of the cluster, written as etcd orders its keys', () => {
  const revision = Buffer.alloc(8);
  revision.writeBigUInt64BE(BigInt(content.revision));

  expect(etcdSnapshot(content).includes(revision)).toBe(true);
  expect(etcdSnapshot({ ...content, revision: 1_000_000 }).includes(revision)).toBe(false);
});
