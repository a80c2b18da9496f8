import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retention } from '../../src/model/retention.js';
import type { CatalogueEntry } from '../../src/model/run.js';
import { aCatalogueEntry } from '../support/builders.js';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const takenBefore = (ageMs: number, change: Partial<CatalogueEntry> = {}): CatalogueEntry =>
  aCatalogueEntry({ takenAtMs: NOW_MS - ageMs, ...change });

const keptAs = (entries: readonly CatalogueEntry[]) =>
  retention(entries, NOW_MS).map((decision) => decision.keptAs);

test('keeps everything of the last day, then one a day, a week and a month', () => {
  const hourly = Array.from({ length: 24 * 120 }, (_, hours) => takenBefore(hours * HOUR_MS));
  const kept = retention(hourly, NOW_MS).filter((decision) => decision.keptAs !== null);
  const counts = Object.groupBy(kept, (decision) => decision.keptAs ?? '');

  expect(Object.entries(counts).map(([reason, list]) => [reason, list?.length])).toEqual([
    ['newest verified', 1],
    ['last 24 h', 23],
    ['daily', 5],
    ['weekly', 2],
    ['monthly', 2],
  ]);
  const days = kept
    .filter((decision) => decision.keptAs !== 'last 24 h')
    .map(({ entry }) => new Date(entry.takenAtMs).toISOString().slice(0, 13));
  expect(days).toEqual([
    '2026-11-20T12',
    '2026-11-18T23',
    '2026-11-17T23',
    '2026-11-16T23',
    '2026-11-15T23',
    '2026-11-14T23',
    '2026-11-08T23',
    '2026-11-01T23',
    '2026-10-31T23',
    '2026-09-30T23',
  ]);
});

test('never deletes the newest verified snapshot, however old', () => {
  const ancient = takenBefore(4000 * DAY_MS);
  const broken = takenBefore(HOUR_MS, { isVerified: false, problems: ['cut'] });

  expect(keptAs([broken, ancient])).toEqual(['not verified', 'newest verified']);
});

test('deletes only verified snapshots, never one of the last day, and always leaves a verified one', () => {
  const entries = fc.array(
    fc.record({
      ageMs: fc.integer({ min: -DAY_MS, max: 900 * DAY_MS }),
      isVerified: fc.boolean(),
    }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(entries, (specs) => {
      const all = specs.map(({ ageMs, isVerified }) => takenBefore(ageMs, { isVerified }));
      const decisions = retention(all, NOW_MS);
      const removed = decisions.filter((decision) => decision.keptAs === null);
      const newest = all
        .filter(({ isVerified }) => isVerified)
        .reduce((latest, { takenAtMs }) => Math.max(latest, takenAtMs), -Infinity);

      expect(decisions).toHaveLength(all.length);
      for (const { entry } of removed) {
        expect(entry.isVerified).toBe(true);
        expect(NOW_MS - entry.takenAtMs).toBeGreaterThanOrEqual(DAY_MS);
        expect(entry.takenAtMs).toBeLessThanOrEqual(newest);
        expect(decisions.some((kept) => kept.keptAs !== null && kept.entry.isVerified)).toBe(true);
      }
      // Deciding again on what is left deletes nothing more.
      const left = decisions.filter((kept) => kept.keptAs !== null).map(({ entry }) => entry);
      expect(retention(left, NOW_MS).every((kept) => kept.keptAs !== null)).toBe(true);
    }),
  );
});
