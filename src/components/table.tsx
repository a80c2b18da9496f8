import { Box } from 'ink';
import { memo, useMemo } from 'react';
import { type Column, type PlacedColumn, placeColumns } from './columns.js';
import { paint } from './paint.js';
import { PaintedRow, Row } from './rows.js';
import { type Line, line, type Span, span } from './text.js';
import { type Theme, useTheme } from './theme.js';
import { fitTo } from './width.js';

export interface TableProps<Data> {
  readonly data: readonly Data[];
  /** Rows that decide the widths, also those that a filter hides: columns must not jump while it is typed. */
  readonly measured: readonly Data[];
  readonly columns: readonly Column<Data>[];
  readonly rowKey: (row: Data) => string;
  /** First visible row: see `firstVisible` of the list state. */
  readonly top: number;
  readonly selectedKey: string | null;
  readonly marks: ReadonlySet<string>;
  readonly width: number;
  /** Including the header. */
  readonly height: number;
  readonly sort: { readonly key: string; readonly isDescending: boolean } | null;
  readonly isFocused: boolean;
  /** What is said instead of rows. */
  readonly emptyText: string;
  readonly padding?: number;
}

const GUTTER = 2;
const DEFAULT_PADDING = 2;

/** Draws the rows in view and nothing else: its cost does not depend on the number of rows. */
export function Table<Data>(props: TableProps<Data>) {
  const { data, measured, columns, rowKey, top, selectedKey, marks, width, height } = props;
  const padding = props.padding ?? DEFAULT_PADDING;
  const theme = useTheme();
  const placed = useMemo(
    () => placeColumns(columns, measured, width - GUTTER - 1, padding),
    [columns, measured, width, padding],
  );
  const bodyHeight = Math.max(0, height - 1);
  const visible = data.slice(top, top + bodyHeight);
  const thumb = thumbOf(top, bodyHeight, data.length);

  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0} overflow="hidden">
      <Row spans={headerLine(placed, props.sort, padding)} width={width} />
      {data.length === 0 && bodyHeight > 0 && (
        <Row spans={line(`  ${props.emptyText}`, 'muted')} width={width} />
      )}
      {visible.map((row, index) => {
        const key = rowKey(row);
        return (
          <TableRow
            key={key}
            row={row}
            placed={placed}
            padding={padding}
            width={width}
            cursor={key === selectedKey ? (props.isFocused ? 'focused' : 'resting') : 'none'}
            isMarked={marks.has(key)}
            isThumb={thumb !== null && index >= thumb.from && index < thumb.to}
            theme={theme}
          />
        );
      })}
    </Box>
  );
}

function headerLine<Data>(
  placed: readonly PlacedColumn<Data>[],
  sort: TableProps<Data>['sort'],
  padding: number,
): Line {
  const gap = ' '.repeat(padding);
  const titles = placed.map(({ column, width }, index) => {
    const isSorted = sort?.key === column.key;
    const arrow = sort?.isDescending ? '↓' : '↑';
    const title = isSorted ? `${column.title}${arrow}` : column.title;
    return span(
      (index === 0 ? '' : gap) + fitTo(title, width, column.align),
      isSorted ? 'accent' : 'muted',
    );
  });
  return [span(' '.repeat(GUTTER)), ...titles];
}

interface TableRowProps<Data> {
  readonly row: Data;
  readonly placed: readonly PlacedColumn<Data>[];
  readonly padding: number;
  readonly width: number;
  readonly cursor: 'focused' | 'resting' | 'none';
  readonly isMarked: boolean;
  readonly isThumb: boolean;
  readonly theme: Theme;
}

const TableRow = memo(function TableRow<Data>(props: TableRowProps<Data>) {
  const { row, placed, padding, width, cursor, isMarked, isThumb, theme } = props;
  const gap = ' '.repeat(padding);
  const gutter = `${cursor === 'none' ? ' ' : '›'}${isMarked ? '*' : ' '}`;
  const cells = placed.map(({ column, width: cellWidth }, index): Span => {
    const text = fitTo(column.format(row), cellWidth, column.align);
    return span((index === 0 ? '' : gap) + text, column.tone?.(row) ?? 'text');
  });
  const body: Line = [span(gutter, isMarked ? 'accent' : 'strong'), ...cells];
  const fill = cursor === 'focused' ? 'selected' : undefined;
  const text = paint(body, width - 1, theme, fill);
  return <PaintedRow text={isThumb ? withThumb(text, body, width, theme, fill) : text} />;
}) as <Data>(props: TableRowProps<Data>) => React.ReactNode;

/** The scroll bar is the last column: only the rows beside its thumb carry it. */
function withThumb(
  text: string,
  body: Line,
  width: number,
  theme: Theme,
  fill: 'selected' | undefined,
): string {
  const padded =
    fill === undefined ? paint([...body, span(' '.repeat(width))], width - 1, theme) : text;
  return padded + paint([span('│', 'faint')], 1, theme);
}

function thumbOf(
  top: number,
  height: number,
  count: number,
): { readonly from: number; readonly to: number } | null {
  if (count <= height || height <= 0) return null;
  const size = Math.max(1, Math.round((height * height) / count));
  const from = Math.round((top / (count - height)) * (height - size));
  return { from, to: from + size };
}
