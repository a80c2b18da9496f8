import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bar } from '../../src/components/bar.js';
import { scaleOf, sparkline } from '../../src/components/sparkline.js';
import { plainText } from '../../src/components/text.js';

test('draws a bar that is never empty while something is used, nor full while something is left', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.0001, max: 0.9999, noNaN: true }),
      fc.integer({ min: 2, max: 60 }),
      (ratio, width) => {
        const drawn = plainText(bar(ratio, width, 'ok'));
        expect(drawn).toHaveLength(width);
        expect(drawn).toContain('█');
        expect(drawn).toContain('░');
      },
    ),
  );
});

test('draws an overfull storage as full', () => {
  expect(plainText(bar(1.3, 4, 'fail'))).toBe('████');
});

test('shows the newest values at the right, in eight heights', () => {
  expect(sparkline([0, 0.5, 1], 5, { min: 0, max: 1 })).toBe('  ▁▅█');
  expect(sparkline([9, 0, 1], 2, { min: 0, max: 1 })).toBe('▁█');
});

test('draws steady values as a flat line, whatever their size', () => {
  const values = Array.from({ length: 20 }, () => 64 * 1024 ** 2);
  expect(new Set(sparkline(values, 20, scaleOf(values)))).toHaveLength(1);
});

test('draws any series in the room it has', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 80 }),
      fc.integer({ min: 1, max: 60 }),
      (values, width) => {
        expect(sparkline(values, width, scaleOf(values))).toHaveLength(width);
      },
    ),
  );
});
