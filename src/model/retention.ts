import type { CatalogueEntry } from './run.js';

/** Operations A4.1: all of the last day, then one a day, a week, a month. */
export const RETENTION = { allForMs: 86_400_000, days: 7, weeks: 4, months: 3 } as const;

export interface RetentionDecision {
  readonly entry: CatalogueEntry;
  /** `last 24 h`, `daily`, `newest verified`, …; null: it may go. */
  readonly keptAs: string | null;
}

/**
 * Decides for one cluster's entries; newest first. Only verified snapshots are ever deleted or counted: what did
 * not verify is evidence, and no copy of the operator's is ours to delete.
 */
export function retention(
  entries: readonly CatalogueEntry[],
  nowMs: number,
): readonly RetentionDecision[] {
  const newestFirst = entries.toSorted((a, b) => b.takenAtMs - a.takenAtMs);
  const verified = newestFirst.filter(({ isVerified }) => isVerified);
  const kept = new Map<CatalogueEntry, string>();
  const keep = (reason: string, chosen: readonly CatalogueEntry[]) => {
    for (const entry of chosen) if (!kept.has(entry)) kept.set(entry, reason);
  };

  keep(
    'not verified',
    newestFirst.filter(({ isVerified }) => !isVerified),
  );
  keep('newest verified', verified.slice(0, 1));
  keep(
    'last 24 h',
    verified.filter(({ takenAtMs }) => nowMs - takenAtMs < RETENTION.allForMs),
  );
  keep('daily', newestOfEach(verified, RETENTION.days, dayOf));
  keep('weekly', newestOfEach(verified, RETENTION.weeks, weekOf));
  keep('monthly', newestOfEach(verified, RETENTION.months, monthOf));

  return newestFirst.map((entry) => ({ entry, keptAs: kept.get(entry) ?? null }));
}

/** The newest of each of the `count` latest periods that have any. */
function newestOfEach(
  newestFirst: readonly CatalogueEntry[],
  count: number,
  periodOf: (atMs: number) => string,
): readonly CatalogueEntry[] {
  const newest = new Map<string, CatalogueEntry>();
  for (const entry of newestFirst) {
    const period = periodOf(entry.takenAtMs);
    if (!newest.has(period)) newest.set(period, entry);
  }
  return [...newest.values()].slice(0, count);
}

const DAY_MS = 86_400_000;
/** 1 January 1970 was a Thursday: weeks begin on Monday. */
const MONDAY_OFFSET_DAYS = 3;

const dayOf = (atMs: number): string => String(Math.floor(atMs / DAY_MS));
const weekOf = (atMs: number): string =>
  String(Math.floor((Math.floor(atMs / DAY_MS) + MONDAY_OFFSET_DAYS) / 7));
const monthOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7);
