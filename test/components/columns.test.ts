import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Column, placeColumns } from '../../src/components/columns.js';

interface Row {
  readonly name: string;
  readonly note: string;
}

const column = (overrides: Partial<Column<Row>>): Column<Row> => ({
  key: 'name',
  title: 'NAME',
  width: { min: 6, max: 20 },
  priority: 0,
  format: ({ name }) => name,
  ...overrides,
});

const COLUMNS: readonly Column<Row>[] = [
  column({}),
  column({ key: 'role', title: 'ROLE', width: 7, priority: 1 }),
  column({ key: 'address', title: 'ADDRESS', width: 15, priority: 3 }),
  column({
    key: 'note',
    title: 'NOTE',
    width: { min: 10, max: 200 },
    isFlexible: true,
    priority: 2,
    format: ({ note }) => note,
  }),
];

const keysAt = (width: number, rows: readonly Row[] = []): readonly string[] =>
  placeColumns(COLUMNS, rows, width, 2).map((placed) => placed.column.key);

test('adds columns as the terminal gets wider, the most important first', () => {
  expect(keysAt(12)).toEqual(['name']);
  expect(keysAt(20)).toEqual(['name', 'role']);
  expect(keysAt(30)).toEqual(['name', 'role', 'note']);
  expect(keysAt(60)).toEqual(['name', 'role', 'address', 'note']);
});

test('gives the flexible column the room that is left', () => {
  const placed = placeColumns(COLUMNS, [{ name: 'cp-1', note: '' }], 80, 2);
  expect(placed.at(-1)?.width).toBe(80 - 6 - 7 - 15 - 3 * 2);
});

test('shortens the flexible column before any name', () => {
  const rows = [{ name: 'a-long-machine-name', note: 'x'.repeat(100) }];
  const placed = placeColumns(COLUMNS, rows, 60, 2);
  expect(placed[0]?.width).toBe('a-long-machine-name'.length);
});

test('always fits into the width when its most important column does', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 200 }),
      fc.array(fc.record({ name: fc.string(), note: fc.string({ maxLength: 60 }) })),
      (width, rows) => {
        const placed = placeColumns(COLUMNS, rows, width, 2);
        const total = placed.reduce((sum, each) => sum + each.width, 2 * (placed.length - 1));
        expect(total).toBeLessThanOrEqual(width);
      },
    ),
  );
});
