import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatClock,
  formatCount,
  formatDateTime,
  formatDuration,
  formatList,
  formatPercent,
  formatRate,
  inNumber,
} from '../../src/model/format.js';

const GIB = 1024 ** 3;

test.each([
  [0, '0 B'],
  [1, '1 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1024 ** 2 - 1, '1 MiB'],
  [20 * GIB, '20 GiB'],
  [1.5 * GIB, '1.5 GiB'],
  [99.96 * GIB, '100 GiB'],
  [348.8 * GIB, '349 GiB'],
  [-5, '0 B'],
])('%d bytes are %s', (sizeBytes, text) => {
  expect(formatBytes(sizeBytes)).toBe(text);
});

test('a size never takes more than eight columns', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e17, noNaN: true }), (sizeBytes) => {
      expect(formatBytes(sizeBytes).length).toBeLessThanOrEqual(8);
    }),
  );
});

test.each([
  [0, 'now'],
  [999, 'now'],
  [1_000, '1s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_599_999, '59m'],
  [3_600_000, '1h'],
  [86_400_000, '1d'],
  [-5, 'now'],
])('something %d ms old is %s old', (ageMs, text) => {
  expect(formatAge(ageMs)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [850, '850 ms'],
  [4_250, '4.2 s'],
  [9_990, '9.9 s'],
  [42_900, '42 s'],
  [125_000, '2 min 5 s'],
  [180_000, '3 min'],
  [3_780_000, '1 h 3 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms last %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.each([
  [0, '0%'],
  [0.004, '<1%'],
  [0.42, '42%'],
  [0.994, '99%'],
  [0.9999, '99%'],
  [1, '100%'],
])('%d is %s: full and empty are said only when true', (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text);
});

test('clock and date are of the zone that is asked for', () => {
  const atMs = Date.UTC(2026, 10, 20, 3, 5);

  expect(formatClock(atMs, 'utc')).toBe('03:05');
  expect(formatDateTime(atMs, 'utc')).toBe('2026-11-20 03:05');
  expect(formatDateTime(atMs)).toMatch(/^2026-11-\d\d \d\d:\d\d$/);
});

test('one of a thing is told in the singular, every other number of them is not', () => {
  fc.assert(
    fc.property(fc.nat({ max: 40 }), (count) => {
      const text = `${formatCount(count, 'pod')} ${inNumber(count, 'leaves', 'leave')}`;
      expect(text).toBe(count === 1 ? '1 pod leaves' : `${count} pods leave`);
    }),
  );
});

test('counts and lists read like a sentence', () => {
  expect([formatCount(1, 'node'), formatCount(0, 'node')]).toEqual(['1 node', '0 nodes']);
  expect(formatList([])).toBe('');
  expect(formatList(['a'])).toBe('a');
  expect(formatList(['a', 'b'])).toBe('a and b');
  expect(formatList(['a', 'b', 'c'])).toBe('a, b and c');
  expect(formatList(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
  expect(formatRate(2048)).toBe('2 KiB/s');
});
