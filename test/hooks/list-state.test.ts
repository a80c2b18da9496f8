import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Extent,
  firstVisible,
  type ListState,
  moveBy,
  moveTo,
  newListState,
  nextSort,
  scrollBy,
  selectedIndex,
  toggleMark,
} from '../../src/hooks/list-state.js';

const extentOf = (count: number, height: number): Extent => ({
  keys: Array.from({ length: count }, (_, index) => `row-${index}`),
  height,
});

const isSelectionVisible = (state: ListState, extent: Extent): boolean => {
  const index = selectedIndex(state, extent.keys);
  const top = firstVisible(state, extent);
  return index < 0 || (index >= top && index < top + extent.height);
};

test('the selection is in view after every move, in lists of any length', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: -1200, max: 1200 }), { maxLength: 20 }),
      (count, height, steps) => {
        const extent = extentOf(count, height);
        const state = steps.reduce((from, step) => moveBy(from, extent, step), newListState());
        expect(isSelectionVisible(state, extent)).toBe(true);
        expect(firstVisible(state, extent)).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});

test('a refresh that adds rows above leaves the cursor on the same row', () => {
  const extent = extentOf(20, 10);
  const state = moveTo(newListState(), extent, 5);
  const grown = { ...extent, keys: ['new-a', 'new-b', ...extent.keys] };
  expect(grown.keys[selectedIndex(state, grown.keys)]).toBe('row-5');
  expect(isSelectionVisible(state, grown)).toBe(true);
});

test('when the selected row goes away, the row in its place takes over', () => {
  const extent = extentOf(10, 10);
  const state = moveTo(newListState(), extent, 4);
  const keys = extent.keys.filter((key) => key !== 'row-4');
  expect(keys[selectedIndex(state, keys)]).toBe('row-5');
});

test('scrolling leaves the selection, and the next move brings it back into view', () => {
  const extent = extentOf(100, 10);
  const scrolled = scrollBy(newListState(), extent, 50);
  expect(firstVisible(scrolled, extent)).toBe(50);
  expect(selectedIndex(scrolled, extent.keys)).toBe(0);
  const moved = moveBy(scrolled, extent, 1);
  expect(isSelectionVisible(moved, extent)).toBe(true);
});

test('sorts up, then down, then by the next column, then as it came', () => {
  const keys = ['name', 'role'];
  const seen: string[] = [];
  let state = newListState();
  for (let press = 0; press < 5; press++) {
    state = nextSort(state, keys);
    seen.push(`${state.sortKey ?? 'none'}${state.isDescending ? '↓' : ''}`);
  }
  expect(seen).toEqual(['name', 'name↓', 'role', 'role↓', 'none']);
});

test('marks and unmarks by key', () => {
  const marked = toggleMark(newListState(), 'row-1');
  expect([...marked.marks]).toEqual(['row-1']);
  expect(toggleMark(marked, 'row-1').marks.size).toBe(0);
});
