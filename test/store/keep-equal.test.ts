import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepEqual } from '../../src/store/keep-equal.js';

test('an equal value is the old one, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy: unknown = JSON.parse(JSON.stringify(value));
      const again: unknown = JSON.parse(JSON.stringify(value));
      expect(keepEqual(copy, again)).toBe(copy);
    }),
  );
});

test('the result always equals the new value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (previous, next) => {
      expect(keepEqual(previous, next)).toEqual(next);
    }),
  );
});

test('neither the old nor the new value is written to', () => {
  const deepFreeze = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) deepFreeze(part);
      Object.freeze(value);
    }
    return value;
  };
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (previous, next) => {
      expect(() => keepEqual(deepFreeze(previous), deepFreeze(next))).not.toThrow();
    }),
  );
});

test('of a changed list the unchanged elements are kept', () => {
  const previous = [
    { id: 1, tags: ['a'] },
    { id: 2, tags: ['b'] },
  ];
  const kept = keepEqual(previous, [
    { id: 1, tags: ['a'] },
    { id: 2, tags: ['c'] },
  ]);

  expect(kept).not.toBe(previous);
  expect(kept[0]).toBe(previous[0]);
  expect(kept[1]).not.toBe(previous[1]);
});

test('a key that became undefined is not the key that was missing', () => {
  expect(keepEqual({}, { a: undefined })).toEqual({ a: undefined });
  expect('a' in keepEqual<object>({}, { a: undefined })).toBe(true);
});
