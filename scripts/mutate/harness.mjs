// Stands in for vitest while mutants are tried: a process tries hundreds of them, and starting vitest takes a second each.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

/** Whoever loads the file has emptied the list before. */
export const test = (name, run) => void globalThis.mutationTests.push({ name, run });

export function describe(_name, define) {
  define();
}

class Matcher {
  constructor(matches) {
    this.matches = matches;
  }
}

const isText = (value) => typeof value === 'string';

/** Every property of `expected` is in `actual`, with matchers obeyed. */
function covers(actual, expected, isPartial) {
  if (expected instanceof Matcher) return expected.matches(actual);
  if (expected === null || typeof expected !== 'object') return Object.is(actual, expected);
  if (actual === null || typeof actual !== 'object') return false;
  if (expected instanceof Set || expected instanceof Map)
    return isDeepStrictEqual(actual, expected);
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  if (Array.isArray(expected)) {
    return (
      expected.length === actual.length &&
      expected.every((each, at) => covers(actual[at], each, isPartial))
    );
  }
  const isComplete =
    isPartial || Object.keys(actual).every((key) => actual[key] === undefined || key in expected);
  return (
    isComplete &&
    Object.keys(expected).every((key) => covers(actual[key], expected[key], isPartial))
  );
}

const MATCHERS = {
  toBe: (actual, expected) => Object.is(actual, expected),
  toEqual: (actual, expected) => covers(actual, expected, false),
  toMatchObject: (actual, expected) => covers(actual, expected, true),
  toBeNull: (actual) => actual === null,
  toContain: (actual, expected) => actual.includes(expected),
  toMatch: (actual, expected) =>
    isText(expected) ? actual.includes(expected) : expected.test(actual),
  toHaveLength: (actual, expected) => actual.length === expected,
};

export function expect(actual) {
  const entries = (isWanted) =>
    Object.entries(MATCHERS).map(([name, matches]) => [
      name,
      (expected) => assert.equal(matches(actual, expected), isWanted, name),
    ]);
  return { ...Object.fromEntries(entries(true)), not: Object.fromEntries(entries(false)) };
}

expect.stringMatching = (pattern) => new Matcher((value) => isText(value) && pattern.test(value));
expect.stringContaining = (part) => new Matcher((value) => isText(value) && value.includes(part));
