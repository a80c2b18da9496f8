import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineSplitter } from '../../src/clients/line-splitter.js';

const lines = fc.array(
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .map((text) => `${text.replaceAll(/[\n\r]/g, ' ')}|`),
  { maxLength: 12 },
);

test('gives the same lines however the stream is cut into chunks', () => {
  fc.assert(
    fc.property(lines, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (all, sizes) => {
      const bytes = Buffer.from(all.map((line) => `${line}\n`).join(''));
      const splitter = createLineSplitter(1024);
      const seen: string[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        seen.push(...(splitter.push(bytes.subarray(at, at + size)) ?? ['too long']));
        at += size;
      }

      expect(seen).toEqual(all);
      expect(splitter.rest()).toBe('');
    }),
  );
});

test('a cut last line is told apart from a whole one', () => {
  const splitter = createLineSplitter(1024);

  expect(splitter.push(Buffer.from('{"a":1}\n{"b":'))).toEqual(['{"a":1}']);
  expect(splitter.rest()).toBe('{"b":');
});

test('a line without an end is given up at the limit', () => {
  const splitter = createLineSplitter(8);

  expect(splitter.push(Buffer.from('1234'))).toEqual([]);
  expect(splitter.push(Buffer.from('56789'))).toBeNull();
});
