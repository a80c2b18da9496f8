import { expect, test } from 'vitest';
import { fuzzyFilter, matchesFilter } from '../../src/hooks/search.js';

const found = (query: string, ...names: readonly string[]): readonly string[] =>
  fuzzyFilter(names, query, (name) => name);

test('a filter finds rows that contain every word, whatever the case', () => {
  expect(matchesFilter('CP run', 'cp-1 control ● running')).toBe(true);
  expect(matchesFilter('cp stop', 'cp-1 control ● running')).toBe(false);
  expect(matchesFilter('', 'anything')).toBe(true);
});

test('the palette puts starts of words first', () => {
  expect(found('es', 'Extensions & images', 'Take an etcd snapshot')[0]).toBe(
    'Extensions & images',
  );
  expect(found('etcd', 'Take an etcd snapshot', 'etcd')[0]).toBe('etcd');
  expect(found('ov', 'Overview', 'Proxmox')).toEqual(['Overview']);
});

test('the palette finds letters in order and nothing else', () => {
  expect(found('cp1', 'cp-1', 'cp-2')).toEqual(['cp-1']);
  expect(found('1pc', 'cp-1')).toEqual([]);
  expect(found('', 'b', 'a')).toEqual(['b', 'a']);
});
