import { renderToString, Text } from 'ink';
import inkTable from 'ink-table';
import type { PropsWithChildren } from 'react';
import stringWidth from 'string-width';

// CommonJS behind an ESM bundle: Node's interop puts the class below `default`. Unbundled it cannot be loaded next to
// Ink 8 at all (ERR_REQUIRE_ASYNC_MODULE), so this module is imported lazily and proved through the built program.
const InkTable = inkTable.default;

export interface PrintedColumn<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Narrowed first when the table is too wide; 0 never. */
  readonly shrink: 0 | 1 | 2;
}

export interface PrintedTable<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly PrintedColumn<Row>[];
  readonly width: number;
  readonly isAscii: boolean;
}

const PADDING = 1;
const NARROWEST = 4;

/** A table for reports that are printed once, never wider than `width`. */
export function printTable<Row>({ rows, columns, width, isAscii }: PrintedTable<Row>): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const widths = fitWidths(columns, cells, width);
  const mark = isAscii ? '~' : '…';
  const titles = columns.map((column, index) => cut(column.title, widths[index] ?? 0, mark));
  const data = cells.map((line) =>
    Object.fromEntries(
      titles.map((title, index) => [title, cut(line[index] ?? '', widths[index] ?? 0, mark)]),
    ),
  );
  const drawing = renderToString(
    <InkTable
      data={data}
      columns={titles}
      padding={PADDING}
      header={PlainCell}
      cell={PlainCell}
      skeleton={isAscii ? AsciiCell : PlainCell}
    />,
    { columns: width },
  );
  return drawing.replace(/[ \t]+$/gm, '');
}

function PlainCell({ children }: PropsWithChildren) {
  return <Text>{children}</Text>;
}

function AsciiCell({ children }: PropsWithChildren) {
  return (
    <Text>{String(children).replace(/─/g, '-').replace(/│/g, '|').replace(/[┌-╋]/g, '+')}</Text>
  );
}

/** Takes columns from the widest that may shrink until the frame fits. */
function fitWidths<Row>(
  columns: readonly PrintedColumn<Row>[],
  cells: readonly (readonly string[])[],
  width: number,
): readonly number[] {
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.title), ...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const frame = columns.length * (2 * PADDING + 1) + 1;
  let excess = widths.reduce((sum, each) => sum + each, frame) - width;
  for (const level of [2, 1] as const) {
    while (excess > 0) {
      const widest = widestOf(columns, widths, level);
      if (widest === null) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
      excess -= 1;
    }
  }
  return widths;
}

function widestOf<Row>(
  columns: readonly PrintedColumn<Row>[],
  widths: readonly number[],
  level: 1 | 2,
): number | null {
  let widest: number | null = null;
  for (const [index, column] of columns.entries()) {
    const size = widths[index] ?? 0;
    if (column.shrink !== level || size <= NARROWEST) continue;
    if (widest === null || size > (widths[widest] ?? 0)) widest = index;
  }
  return widest;
}

/** Cuts at whole characters and marks the cut. */
function cut(text: string, width: number, mark: string): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (stringWidth(kept) + stringWidth(character) > width - 1) break;
    kept += character;
  }
  return kept + mark;
}
