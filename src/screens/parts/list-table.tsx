import type { Column } from '../../components/columns.js';
import { Table } from '../../components/table.js';
import type { ListView, SortColumn } from '../../hooks/use-list.js';

/** Columns that can be sorted by, in their order on the screen. */
export const sortsOf = <Row,>(columns: readonly Column<Row>[]): readonly SortColumn<Row>[] =>
  columns.flatMap(({ key, title, sortValue }) =>
    sortValue === undefined ? [] : [{ key, title, value: sortValue }],
  );

interface ListTableProps<Row> {
  readonly view: ListView<Row>;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly width: number;
  readonly height: number;
  readonly isFocused: boolean;
  readonly emptyText: string;
}

/** A list with its cursor, as `useList` says. */
export function ListTable<Row>({ view, ...props }: ListTableProps<Row>) {
  const { sortKey, isDescending, filter, marks } = view.state;
  return (
    <Table
      {...props}
      data={view.rows}
      measured={view.all}
      top={view.top}
      selectedKey={view.selectedKey}
      marks={marks}
      sort={sortKey === null ? null : { key: sortKey, isDescending }}
      emptyText={filter === '' ? props.emptyText : `Nothing matches "${filter}"`}
    />
  );
}
