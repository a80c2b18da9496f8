import type { Tone } from './text.js';
import { textWidth } from './width.js';

/** ink-table's names (data, columns, padding, header, cell) plus what a live table needs. */
export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** A number is fixed; otherwise as wide as the content between `min` and `max`. */
  readonly width: number | { readonly min: number; readonly max: number };
  /** Takes the room that is left; at most one column. */
  readonly isFlexible?: boolean;
  /** 0 always stays; columns of the highest number go first when the terminal is narrow. */
  readonly priority: number;
  readonly align?: 'left' | 'right';
  readonly format: (row: Row) => string;
  readonly tone?: (row: Row) => Tone;
  /** Sortable by it; null sorts last. */
  readonly sortValue?: (row: Row) => string | number | null;
}

/** What a filter looks at: every column, also those that a narrow terminal hides. */
export const searchTextOf =
  <Row>(columns: readonly Column<Row>[]) =>
  (row: Row): string =>
    columns.map(({ format }) => format(row)).join(' ');

export interface PlacedColumn<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/** Widths for all rows at once: they depend on the data, never on the row that is drawn. */
export function placeColumns<Row>(
  columns: readonly Column<Row>[],
  data: readonly Row[],
  width: number,
  padding: number,
): readonly PlacedColumn<Row>[] {
  const natural = columns.map((column) => ({ column, width: naturalWidth(column, data) }));
  const kept = dropUntilItFits(natural, width, padding);
  const used = widthOf(kept, padding);
  const isFlexiblePlaced = kept.some(({ column }) => column.isFlexible);
  if (used <= width && !isFlexiblePlaced) return kept;
  return used <= width ? giveRest(kept, width - used) : shrink(kept, used - width);
}

function naturalWidth<Row>({ width, title, format }: Column<Row>, data: readonly Row[]): number {
  if (typeof width === 'number') return width;
  let widest = Math.max(width.min, textWidth(title));
  for (const row of data) {
    if (widest >= width.max) break;
    widest = Math.max(widest, textWidth(format(row)));
  }
  return Math.min(widest, width.max);
}

const widthOf = <Row>(placed: readonly PlacedColumn<Row>[], padding: number): number =>
  placed.reduce((sum, { width }) => sum + width, 0) + padding * Math.max(0, placed.length - 1);

/** A column that may shrink counts with its minimum. */
const neededWidth = <Row>({ column, width }: PlacedColumn<Row>): number =>
  typeof column.width === 'number' ? width : Math.min(column.width.min, width);

/** The first column names the row: it is worth more whole than another column beside it. */
const wantedWidth = <Row>(placed: PlacedColumn<Row>, index: number): number =>
  index === 0 ? placed.width : neededWidth(placed);

function dropUntilItFits<Row>(
  placed: readonly PlacedColumn<Row>[],
  width: number,
  padding: number,
): readonly PlacedColumn<Row>[] {
  const least =
    placed.reduce((sum, each, index) => sum + wantedWidth(each, index), 0) +
    padding * Math.max(0, placed.length - 1);
  const expendable = Math.max(...placed.map(({ column }) => column.priority));
  if (least <= width || expendable <= 0) return placed;
  const index = placed.findLastIndex(({ column }) => column.priority === expendable);
  return dropUntilItFits(placed.toSpliced(index, 1), width, padding);
}

const giveRest = <Row>(
  placed: readonly PlacedColumn<Row>[],
  rest: number,
): readonly PlacedColumn<Row>[] =>
  placed.map((each) => (each.column.isFlexible ? { ...each, width: each.width + rest } : each));

/** Takes what is missing from the columns that may shrink, the least important first. */
function shrink<Row>(
  placed: readonly PlacedColumn<Row>[],
  missing: number,
): readonly PlacedColumn<Row>[] {
  const order = placed
    .map((each, index) => ({ index, priority: each.column.isFlexible ? 99 : each.column.priority }))
    .toSorted((a, b) => b.priority - a.priority || b.index - a.index);
  const widths = placed.map(({ width }) => width);
  let left = missing;
  for (const { index } of order) {
    const each = placed[index];
    if (each === undefined || left <= 0) continue;
    const given = Math.min(left, each.width - neededWidth(each));
    widths[index] = each.width - given;
    left -= given;
  }
  return placed.map((each, index) => ({ ...each, width: widths[index] ?? each.width }));
}
