import { expect, test } from 'vitest';
import { actions } from '../../src/actions/index.js';
import { KEY_SCOPES, type KeyScope, type ScopeName } from '../../src/hooks/key-table.js';
import { keyText } from '../../src/hooks/key-text.js';
import { DETAIL_SCOPES } from '../../src/screens/details.js';
import { screens } from '../../src/screens/index.js';

/** Modes that take over from each other on purpose: while filtering, Enter and Esc mean the filter. */
const MODES: readonly ScopeName[] = ['filter', 'filtered'];

const keysOf = (name: ScopeName): readonly string[] => {
  const scope: KeyScope = KEY_SCOPES[name];
  return Object.values(scope.entries).flatMap(({ keys }) => keys);
};

const duplicates = (keys: readonly string[]): readonly string[] =>
  keys.filter((key, index) => keys.indexOf(key) !== index);

const everywhere: readonly string[] = [
  ...keysOf('global'),
  ...screens.map(({ key }) => key),
  ...actions.flatMap(({ key }) => (key === null ? [] : [key])),
];

test.each([
  ...screens.map(({ id, scopes }) => ({ id: String(id), scopes })),
  ...Object.entries(DETAIL_SCOPES).map(([id, scopes]) => ({ id, scopes })),
])('every key means one thing on screen $id', ({ scopes }) => {
  const own = scopes.filter((scope) => !MODES.includes(scope)).flatMap(keysOf);
  expect(duplicates([...own, ...everywhere])).toEqual([]);
});

test.each(Object.keys(KEY_SCOPES))('every key means one thing in scope %s', (name) => {
  const scope = Object.keys(KEY_SCOPES).find((each): each is ScopeName => each === name);
  expect(duplicates(scope === undefined ? [''] : keysOf(scope))).toEqual([]);
});

test('keys that change something are not next door to keys that look', () => {
  const capitals = actions.flatMap(({ key, level }) => (key !== null && level > 1 ? [key] : []));
  expect(capitals.filter((key) => key !== key.toUpperCase())).toEqual([]);
});

test('every key has a sentence for the help', () => {
  const scopes: readonly KeyScope[] = Object.values(KEY_SCOPES);
  const silent = scopes.flatMap(({ entries }) =>
    Object.entries(entries).filter(([, { help }]) => help.length < 4),
  );
  expect(silent).toEqual([]);
});

test('writes keys as people say them', () => {
  expect(['ctrl+f', 'enter', 'G', 'shift+tab', 'down'].map(keyText)).toEqual([
    'Ctrl-F',
    'Enter',
    'G',
    'Shift-Tab',
    '↓',
  ]);
});
