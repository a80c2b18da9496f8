import { expect, test } from 'vitest';
import { snapshotGate } from '../../../src/actions/gates/snapshot.js';
import type { CatalogueEntry } from '../../../src/model/run.js';
import { aCatalogueEntry, fresh, NOW_MS } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext } from '../../support/plan-contexts.js';

const MINUTE_MS = 60_000;

const anEntry = (ageMs: number, change: Partial<CatalogueEntry> = {}) =>
  aCatalogueEntry({ takenAtMs: NOW_MS - ageMs, ...change });

const verdict = (...entries: readonly CatalogueEntry[]) => {
  const { state, text } = snapshotGate(
    aPlanContext(undefined, { snapshot: { catalogue: fresh(entries) } }),
  );
  return `${state}: ${text}`;
};

test('is green with a verified snapshot of the last hour', () => {
  expect(snapshotGate(aPlanContext())).toEqual({
    id: 'G-SNAP',
    title: 'There is a fresh etcd snapshot',
    state: 'green',
    text: '10m old, verified',
    remedy: 'Take one first: run etcd-snapshot.',
    override: 'type',
  });
  expect(verdict(anEntry(60 * MINUTE_MS))).toBe('green: 1h old, verified');
  expect(verdict(anEntry(0))).toBe('green: now old, verified');
});

test('is red when the newest is older, not verified, of another cluster, or there is none', () => {
  expect(verdict(anEntry(60 * MINUTE_MS + 1))).toBe('red: the newest verified snapshot is 1h old');
  expect(verdict(anEntry(0, { isVerified: false }))).toBe(
    'red: there is no verified snapshot of this cluster',
  );
  expect(verdict(anEntry(0, { cluster: 'other' }))).toMatch(/^red: there is no/);
  expect(verdict()).toMatch(/^red: there is no/);
});

test('goes by the newest, in whatever order they are listed', () => {
  expect(verdict(anEntry(90 * MINUTE_MS), anEntry(5 * MINUTE_MS))).toBe('green: 5m old, verified');
  expect(verdict(anEntry(5 * MINUTE_MS), anEntry(90 * MINUTE_MS))).toBe('green: 5m old, verified');
});

test('does not trust a snapshot from the future', () => {
  expect(verdict(anEntry(-1))).toBe(
    'unknown: the newest snapshot is from the future: its age is not known',
  );
});

test('stands on the catalogue, and never turns green when the world gets worse', () => {
  expectNeeds(snapshotGate, aPlanContext(), ['catalogue']);
  expectMonotone(snapshotGate, aPlanContext(), EVERYBODY);
});
