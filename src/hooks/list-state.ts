/** Where the operator is in a list. The selection is a key, so a refresh never moves the cursor. */
export interface ListState {
  readonly selectedKey: string | null;
  /** Where the selected row was last: the row there takes over when the selected one goes away. */
  readonly index: number;
  readonly top: number;
  /** Scrolled without moving the selection; the next move brings the selection back into view. */
  readonly isScrolled: boolean;
  readonly filter: string;
  readonly isFiltering: boolean;
  readonly sortKey: string | null;
  readonly isDescending: boolean;
  readonly marks: ReadonlySet<string>;
}

export const newListState = (): ListState => ({
  selectedKey: null,
  index: 0,
  top: 0,
  isScrolled: false,
  filter: '',
  isFiltering: false,
  sortKey: null,
  isDescending: false,
  marks: new Set(),
});

/** Rows kept visible above and below the selection. */
const SCROLL_MARGIN = 1;

/** First visible row so that `index` is in view, moved as little as possible. */
export function visibleTop(top: number, index: number, height: number, count: number): number {
  const lastTop = Math.max(0, count - height);
  const margin = height > 2 * SCROLL_MARGIN + 1 ? SCROLL_MARGIN : 0;
  const highest = Math.max(0, index - margin);
  const lowest = index + margin - height + 1;
  return clamp(Math.min(Math.max(top, lowest), highest), 0, lastTop);
}

/** Index of the selected row: by key, else the row that took its place; -1 in an empty list. */
export function selectedIndex(state: ListState, keys: readonly string[]): number {
  if (keys.length === 0) return -1;
  const found = state.selectedKey === null ? -1 : keys.indexOf(state.selectedKey);
  return found >= 0 ? found : clamp(state.index, 0, keys.length - 1);
}

export interface Extent {
  readonly keys: readonly string[];
  readonly height: number;
}

export function firstVisible(state: ListState, { keys, height }: Extent): number {
  if (state.isScrolled) return clamp(state.top, 0, Math.max(0, keys.length - height));
  return visibleTop(state.top, Math.max(0, selectedIndex(state, keys)), height, keys.length);
}

export const moveBy = (state: ListState, extent: Extent, step: number): ListState =>
  moveTo(state, extent, selectedIndex(state, extent.keys) + step);

export function moveTo(state: ListState, extent: Extent, target: number): ListState {
  const { keys, height } = extent;
  if (keys.length === 0) return state;
  const index = clamp(target, 0, keys.length - 1);
  const from = firstVisible(state, extent);
  return {
    ...state,
    index,
    selectedKey: keys[index] ?? null,
    top: visibleTop(from, index, height, keys.length),
    isScrolled: false,
  };
}

export function scrollBy(state: ListState, extent: Extent, step: number): ListState {
  const lastTop = Math.max(0, extent.keys.length - extent.height);
  const top = clamp(firstVisible(state, extent) + step, 0, lastTop);
  return { ...state, top, isScrolled: true };
}

export function toggleMark(state: ListState, key: string): ListState {
  const marks = new Set(state.marks);
  if (!marks.delete(key)) marks.add(key);
  return { ...state, marks };
}

/** Same column: the other way round; after that the next column; after the last the natural order. */
export function nextSort(state: ListState, sortKeys: readonly string[]): ListState {
  if (sortKeys.length === 0) return state;
  if (state.sortKey !== null && !state.isDescending) return { ...state, isDescending: true };
  const next = state.sortKey === null ? 0 : sortKeys.indexOf(state.sortKey) + 1;
  return { ...state, sortKey: sortKeys[next] ?? null, isDescending: false };
}

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);
