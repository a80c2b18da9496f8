import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBboltMeta } from '../../src/model/bbolt.js';
import { problemsWithSnapshot } from '../../src/model/etcd-snapshot.js';
import { realSnapshot, resealed, scanOf } from '../support/etcd-snapshot.js';

const snapshot = realSnapshot();
const problemsOf = (bytes: Uint8Array) => problemsWithSnapshot(scanOf(bytes)).problems;

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

test('accepts a snapshot of a real etcd', () => {
  expect(problemsWithSnapshot(scanOf(snapshot))).toEqual({
    meta: { pageSizeBytes: 4096, highWaterPage: 6n, transactionId: 13n },
    problems: [],
  });
});

test('notices every single flipped bit', () => {
  fc.assert(
    fc.property(fc.nat(snapshot.length * 8 - 1), (bit) => {
      expect(problemsOf(flipped(snapshot, bit))).not.toEqual([]);
    }),
    { numRuns: 3000 },
  );
});

test('notices a file that is cut anywhere', () => {
  fc.assert(
    fc.property(fc.nat(snapshot.length - 1), (length) => {
      expect(problemsOf(snapshot.subarray(0, length))).not.toEqual([]);
    }),
    { numRuns: 1000 },
  );
  for (let length = 0; length < snapshot.length; length += 512) {
    expect(problemsOf(snapshot.subarray(0, length))).not.toEqual([]);
    expect(problemsOf(snapshot.subarray(0, length + 32))).toEqual(
      length + 32 === snapshot.length ? [] : expect.arrayContaining([expect.any(String)]),
    );
  }
});

test('notices appended bytes and an empty checksum', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2048 }), (more) => {
      expect(problemsOf(Buffer.concat([snapshot, more]))).not.toEqual([]);
    }),
  );
  expect(problemsOf(Buffer.concat([snapshot.subarray(0, -32), Buffer.alloc(32)]))).toEqual([
    'the SHA-256 at its end does not match its content',
  ]);
});

test('notices a cut database even when the checksum was made to fit', () => {
  const cut = resealed(Buffer.concat([snapshot.subarray(0, 4096 * 5), Buffer.alloc(32)]));

  expect(problemsOf(cut)).toEqual(['the database should have 24576 bytes and has 20480']);
});

test('says of a raw copy of the database that it has no checksum', () => {
  expect(problemsOf(snapshot.subarray(0, -32))).toEqual([
    '24576 bytes are not whole sectors and a 32-byte checksum: the file is cut, or it is a raw copy of the database',
  ]);
});

test('calls a well-sealed file that is no database by its name', () => {
  expect(problemsOf(resealed(Buffer.alloc(1024 + 32, 7)))).toEqual([
    'neither of its two meta pages is valid: it is no etcd database',
  ]);
});

test('takes the other meta page when one is broken, and the newer one when both are good', () => {
  const first = { pageSizeBytes: 4096, highWaterPage: 6n, transactionId: 13n };
  const second = { ...first, transactionId: 12n };
  const inFirst = 16 * 8;
  const inSecond = (4096 + 16) * 8;

  expect(readBboltMeta(snapshot)).toEqual(first);
  for (let bit = 0; bit < 64 * 8; bit++) {
    expect(readBboltMeta(flipped(snapshot, inFirst + bit))).toEqual(second);
    expect(readBboltMeta(flipped(snapshot, inSecond + bit))).toEqual(first);
  }
  expect(readBboltMeta(flipped(flipped(snapshot, inFirst), inSecond))).toBeNull();
});

test('never takes garbage for a database', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
      expect(readBboltMeta(bytes)).toBeNull();
    }),
  );
});
