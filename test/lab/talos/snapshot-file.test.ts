import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snapshotStatus } from '../../../src/lab/stand-ins/talosctl/bbolt.js';
import { crc32c } from '../../../src/lab/stand-ins/talosctl/crc32c.js';
import { type Bucket, layOut } from '../../../src/lab/talos/etcd-file/bbolt.js';
import { snapshotFile } from '../../../src/lab/talos/etcd-file/snapshot.js';
import { putObject } from '../../../src/lab/world/kube-store.js';
import { problemsWithSnapshot } from '../../../src/model/etcd-snapshot.js';
import { realSnapshot, scanOf } from '../../support/etcd-snapshot.js';
import { aWorld } from '../../support/talos-lab.js';

const fileOf = (buckets: readonly Bucket[], pages: number): Buffer =>
  Buffer.concat([...layOut(buckets, pages, 5n).pages()]);

const item = (key: string, value: string) => ({
  key: Buffer.from(key),
  valueBytes: Buffer.byteLength(value),
  value: () => Buffer.from(value),
});

test('the reader finds in a file of a real etcd what talosctl 1.12 finds', () => {
  expect(snapshotStatus(realSnapshot())).toMatchObject({
    hash: 0xf564651a,
    revision: 21,
    totalKeys: 20,
  });
});

test('keys are counted as they are in the newest revision: once, and not when deleted', () => {
  const changes = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), isDeleted: fc.boolean() }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(changes, (history) => {
      const items = history.map(({ key, isDeleted }, index) =>
        revisionOf(index + 1, key, isDeleted),
      );
      const live = new Map(history.map(({ key, isDeleted }) => [key, !isDeleted]));
      const file = fileOf([{ name: 'key', items }], 20);
      expect(snapshotStatus(file).totalKeys).toBe([...live.values()].filter(Boolean).length);
    }),
  );
});

/** One entry of etcd's `key` bucket; a deletion's revision ends with a mark. */
function revisionOf(revision: number, name: string, isDeleted: boolean) {
  const key = Buffer.alloc(isDeleted ? 18 : 17, 't');
  key.writeBigUInt64BE(BigInt(revision), 0);
  key.write('_', 8);
  key.writeBigUInt64BE(0n, 9);
  const value = Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]);
  return { key, valueBytes: value.length, value: () => value };
}

test('the checksum is that of Go: CRC-32C of nine digits', () => {
  expect(crc32c(0, Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(crc32c(0, Buffer.from('1234')), Buffer.from('56789'))).toBe(0xe3069283);
});

test('how many keys a database holds does not hang on how long a signature or an address is', () => {
  const keysWith = (text: string): number => {
    const world = aWorld('3+2');
    const [member] = world.etcd.members.values();
    if (member === undefined) throw new Error('No member.');
    putObject(world, 'namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shown', annotations: { text } },
    });
    return snapshotStatus(Buffer.concat([...snapshotFile(world, member, 1 << 20)])).totalKeys;
  };
  const lengths = Array.from({ length: 16 }, (_, index) => 100 * index);
  expect(new Set(lengths.map((length) => keysWith('x'.repeat(length)))).size).toBe(1);
});

test('whatever is written, all of it is read back in order', () => {
  const entries = fc.uniqueArray(
    fc.tuple(fc.stringMatching(/^[a-z]{1,20}$/), fc.string({ maxLength: 6000 })),
    { selector: ([key]) => key, maxLength: 300 },
  );
  fc.assert(
    fc.property(entries, (pairs) => {
      const sorted = [...pairs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const items = sorted.map(([key, value]) => item(key, value));
      const file = fileOf(
        [
          { name: 'alarm', items: [] },
          { name: 'data', items },
        ],
        900,
      );
      const expected = sorted
        .flat()
        .reduce(
          (hash, text) => crc32c(hash, Buffer.from(text)),
          crc32c(crc32c(0, Buffer.from('alarm')), Buffer.from('data')),
        );
      expect(snapshotStatus(file)).toEqual({
        hash: expected,
        revision: 0,
        totalKeys: 0,
        totalSize: 900 * 4096,
      });
    }),
    { numRuns: 25 },
  );
});

test('a database is as long as what it holds', () => {
  const items = [item('key', 'x'.repeat(50_000))];
  const { pages, usedPages } = layOut([{ name: 'data', items }], 5, 1n);
  expect(usedPages).toBeGreaterThan(50_000 / 4096);
  expect([...pages()].reduce((sum, page) => sum + page.length, 0)).toBe(usedPages * 4096);
});

test('a lab snapshot passes every check of the console and holds the newest revision', () => {
  const world = aWorld('3+2');
  const [member] = world.etcd.members.values();
  if (member === undefined) throw new Error('No member.');
  const file = Buffer.concat([...snapshotFile(world, member, 65_536)]);

  expect(problemsWithSnapshot(scanOf(file)).problems).toEqual([]);
  expect(snapshotStatus(file)).toMatchObject({
    revision: world.etcd.revision,
    totalSize: member.dbSizeBytes,
  });
  expect(file.includes('/registry/minions/talos-w-02')).toBe(true);
});

test('a snapshot is the same until the world moves on', () => {
  const world = aWorld('1+0');
  const [member] = world.etcd.members.values();
  if (member === undefined) throw new Error('No member.');
  const hash = (): number =>
    snapshotStatus(Buffer.concat([...snapshotFile(world, member, 65_536)])).hash;
  const first = hash();

  expect(hash()).toBe(first);
  world.etcd.revision += 1;
  expect(hash()).not.toBe(first);
});
