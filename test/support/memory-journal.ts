import type { Journal, JournalEntry } from '../../src/runs/journal.js';

export interface MemoryJournal extends Journal {
  readonly entries: readonly JournalEntry[];
  /** Types in order, for tests that care about the sequence. */
  readonly types: () => readonly string[];
}

/** Keeps the lines; `onAppend` lets a test act at an exact moment. */
export function memoryJournal(onAppend: (entry: JournalEntry) => void = () => {}): MemoryJournal {
  const entries: JournalEntry[] = [];
  return {
    entries,
    types: () => entries.map(({ type }) => type),
    append(entry) {
      entries.push(entry);
      onAppend(entry);
    },
    isConcluded: () =>
      entries.some(({ type }) => ['succeeded', 'failed', 'cancelled'].includes(type)),
    close: () => undefined,
  };
}
