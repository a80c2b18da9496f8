import { useLayoutEffect, useMemo } from 'react';
import {
  firstVisible,
  type ListState,
  moveBy,
  moveTo,
  nextSort,
  scrollBy,
  selectedIndex,
  toggleMark,
} from './list-state.js';
import { matchesFilter } from './search.js';
import { type ListStatus, useUi } from './ui.js';
import { useKeys } from './use-keys.js';
import { useStore } from './use-store.js';

export interface SortColumn<Row> {
  readonly key: string;
  readonly title: string;
  readonly value: (row: Row) => string | number | null;
}

export interface ListOptions<Row> {
  /** Cursor, filter and sort are remembered under this name. */
  readonly id: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly searchText: (row: Row) => string;
  readonly sorts: readonly SortColumn<Row>[];
  /** Rows that fit on the screen. */
  readonly height: number;
  readonly isFocused: boolean;
  readonly canMark: boolean;
  readonly open: ((row: Row) => void) | null;
}

export interface ListView<Row> {
  /** As they were given. */
  readonly all: readonly Row[];
  /** Filtered and sorted. */
  readonly rows: readonly Row[];
  readonly top: number;
  readonly selected: Row | null;
  readonly selectedKey: string | null;
  readonly state: ListState;
}

const { compare } = new Intl.Collator('en', { numeric: true });

/** Rows, cursor, filter and sort of one list, with its keys while it has the focus. */
export function useList<Row>(options: ListOptions<Row>): ListView<Row> {
  const { rows, rowKey, searchText, sorts, height } = options;
  const store = useUi().list(options.id);
  const state = useStore(store);
  const { filter, sortKey, isDescending } = state;

  const shown = useMemo(() => {
    const kept =
      filter === '' ? rows : rows.filter((row) => matchesFilter(filter, searchText(row)));
    const sort = sorts.find(({ key }) => key === sortKey);
    return sort === undefined ? kept : sorted(kept, sort, isDescending);
  }, [rows, filter, sortKey, isDescending, searchText, sorts]);
  const keys = useMemo(() => shown.map(rowKey), [shown, rowKey]);

  const extent = { keys, height: Math.max(1, height) };
  const index = selectedIndex(state, keys);
  const selected = shown[index] ?? null;
  useListKeys(options, extent, selected);
  useListStatus(options.isFocused, {
    filter,
    isFiltering: state.isFiltering,
    shown: shown.length,
    total: rows.length,
    marked: countMarked(rows, rowKey, state.marks),
    position: index + 1,
    isWhole: shown.length <= height,
  });
  return {
    all: rows,
    rows: shown,
    top: firstVisible(state, extent),
    selected,
    selectedKey: keys[index] ?? null,
    state,
  };
}

/** A mark whose row is gone counts for nothing. */
const countMarked = <Row>(
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  marks: ReadonlySet<string>,
): number => (marks.size === 0 ? 0 : rows.filter((row) => marks.has(rowKey(row))).length);

function useListStatus(isFocused: boolean, status: ListStatus): void {
  const { listStatus } = useUi();
  const { filter, isFiltering, shown, total, marked, position, isWhole } = status;

  // Keeps the line below the screen in step with the list that has the focus.
  useLayoutEffect(() => {
    if (!isFocused) return;
    listStatus.update(() => ({ filter, isFiltering, shown, total, marked, position, isWhole }));
    return () => listStatus.update(() => null);
  }, [listStatus, isFocused, filter, isFiltering, shown, total, marked, position, isWhole]);
}

function sorted<Row>(
  rows: readonly Row[],
  { value }: SortColumn<Row>,
  isDescending: boolean,
): readonly Row[] {
  const direction = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const left = value(a);
    const right = value(b);
    // What is not known stays at the end, whichever way round.
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : compare(String(left), String(right));
    return order * direction;
  });
}

interface ListExtent {
  readonly keys: readonly string[];
  readonly height: number;
}

function useListKeys<Row>(
  { id, rowKey, sorts, isFocused, canMark, open }: ListOptions<Row>,
  extent: ListExtent,
  selected: Row | null,
): void {
  const store = useUi().list(id);
  const { filter, isFiltering } = useStore(store);
  const change = (next: (state: ListState) => ListState) => () => store.update(next);
  const page = Math.max(1, extent.height - 1);
  const half = Math.max(1, Math.floor(extent.height / 2));
  const move = (step: number) => change((state) => moveBy(state, extent, step));

  useKeys(
    'list',
    {
      down: move(1),
      up: move(-1),
      first: change((state) => moveTo(state, extent, 0)),
      last: change((state) => moveTo(state, extent, extent.keys.length - 1)),
      pageDown: move(page),
      pageUp: move(-page),
      scrollDown: change((state) => scrollBy(state, extent, half)),
      scrollUp: change((state) => scrollBy(state, extent, -half)),
      filter: change((state) => ({ ...state, isFiltering: true })),
      ...(open !== null && { open: () => selected !== null && open(selected) }),
      ...(sorts.length > 0 && {
        sort: change((state) =>
          nextSort(
            state,
            sorts.map(({ key }) => key),
          ),
        ),
      }),
      ...(canMark && {
        mark: change((state) =>
          selected === null ? state : moveBy(toggleMark(state, rowKey(selected)), extent, 1),
        ),
      }),
    },
    { isActive: isFocused },
  );
  useFilterKeys(id, isFocused && isFiltering, isFocused && !isFiltering && filter !== '', move);
}

function useFilterKeys(
  id: string,
  isTyping: boolean,
  isFiltered: boolean,
  move: (step: number) => () => void,
): void {
  const store = useUi().list(id);
  const clear = () => store.update((state) => ({ ...state, filter: '', isFiltering: false }));
  const type = (text: string) =>
    store.update((state) => ({ ...state, filter: state.filter + text.replace(/\s+/g, ' ') }));

  useKeys(
    'filter',
    {
      accept: () => store.update((state) => ({ ...state, isFiltering: false })),
      clear,
      erase: () => store.update((state) => ({ ...state, filter: state.filter.slice(0, -1) })),
      down: move(1),
      up: move(-1),
    },
    { isActive: isTyping, onText: ({ text }) => type(text ?? ''), onPaste: type },
  );
  useKeys('filtered', { clear }, { isActive: isFiltered });
}
