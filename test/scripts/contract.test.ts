import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases } from '../contract/cases/index.js';
import {
  deviations,
  differences,
  jsonDocuments,
  type Outcome,
  tableCells,
} from '../contract/compare.js';
import { TOO_LONG } from '../contract/invoke.js';
import { masked, withoutPlaces } from '../contract/masks.js';
import { isWithin } from '../contract/participants.js';
import { stderrClass } from '../contract/stderr-class.js';
import { cacheDirectory, realTools } from '../contract/tool-cache.js';

const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  stdout: '',
  stderr: '',
  code: 0,
  file: null,
  world: null,
  withoutPlaces: (text) => text,
  ...changes,
});

const step = { argv: ['get', 'nodes'] };
const partsOf = (real: Outcome, standIn: Outcome, rest = {}): readonly string[] =>
  differences({ ...step, ...rest }, real, standIn).map(({ part }) => part);

test('each part of an outcome can tell a program and its stand-in apart', () => {
  expect(partsOf(outcome(), outcome())).toEqual([]);
  expect(
    partsOf(
      outcome({ stdout: 'a', stderr: 'error: a', code: 0, file: 'AA==', world: { nodes: [1] } }),
      outcome({ stdout: 'b', stderr: 'error: b', code: 1, file: null, world: { nodes: [2] } }),
    ),
  ).toEqual(['exit code', 'stdout', 'stderr', 'files', 'world']);
});

test('a program that never ends is equal to nothing, not even to its stand-in', () => {
  const late = outcome({ code: TOO_LONG });

  expect(partsOf(late, late)).toEqual(['exit code']);
});

test('JSON is compared by what it says, bytes by how they say it', () => {
  const real = outcome({ stdout: '{"a":1,"b":2}' });
  const standIn = outcome({ stdout: '{ "b": 2, "a": 1 }' });

  expect(partsOf(real, standIn)).toEqual(['stdout']);
  expect(partsOf(real, standIn, { stdout: 'json' })).toEqual([]);
  expect(partsOf(real, outcome({ stdout: 'no JSON' }), { stdout: 'json' })).toEqual(['stdout']);
});

test('tables are compared by cell: an empty one is not passed over, widths are', () => {
  expect(tableCells('ID   NAME   STATE\n1           up\n')).toEqual([
    ['ID', 'NAME', 'STATE'],
    ['1', '', 'up'],
  ]);
  expect(tableCells('DB SIZE   IN USE\n42 MB     18 MB (42.36%)\n')).toEqual([
    ['DB SIZE', 'IN USE'],
    ['42 MB', '18 MB (42.36%)'],
  ]);
});

test('places and ages are taken out of cells, so that they shift no column', () => {
  const table = (place: string, age: string): Outcome =>
    outcome({
      stdout: `${'NODE'.padEnd(place.length + 3)}${'AGE'.padEnd(age.length + 3)}STATE\n${place}   ${age}   up\n`,
      withoutPlaces: (text) => text.replace(place, 'HERE'),
    });
  const rest = { stdout: 'table', masks: ['ago'] } as const;

  expect(partsOf(table('127.4.0.11', '5s ago'), table('127.12.0.11', '1m5s ago'), rest)).toEqual(
    [],
  );
  expect(partsOf(table('127.4.0.11', '5s ago'), table('127.12.0.11', 'never'), rest)).toEqual([
    'stdout',
  ]);
});

test('concatenated documents are found whatever their strings hold', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (documents) => {
      const text = documents.map((document) => JSON.stringify(document, null, 4)).join('\n');
      expect(jsonDocuments(text)).toEqual(
        documents.map((document) => JSON.parse(JSON.stringify(document))),
      );
    }),
  );
  expect(() => jsonDocuments('{"a":')).toThrow(SyntaxError);
});

test.each([
  ['', 'silent'],
  ['WARNING: 10.0.0.11: server version 1.12.4 is older than client version 1.13.9\n', 'silent'],
  [
    'E1120 10:22:52.333 1 memcache.go:265] "Unhandled Error"\nThe connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?\n',
    'refused',
  ],
  ['Error from server (NotFound): nodes "x" not found\n', 'not found'],
  ['unknown flag: --x\n\nUsage:\n  talosctl get <type>\n', 'usage'],
  ['error: something new\n', 'other: error: something new'],
])('%j means %s', (stderr, meaning) => {
  expect(stderrClass(stderr)).toBe(meaning);
});

test('an expectation is missed by code, text or pattern', () => {
  const expected = { code: 0, stdout: /^node\/\S+ cordoned$/m, stderr: '' };

  expect(deviations(step, expected, outcome({ stdout: 'node/a cordoned\n' }))).toEqual([]);
  expect(
    deviations(step, expected, outcome({ stdout: 'node/a', code: 1, stderr: 'error: x' })).map(
      ({ part }) => part,
    ),
  ).toEqual(['exit code', 'stdout', 'stderr']);
});

test('masks hide what moves and nothing else', () => {
  expect(masked('2026-11-20T10:00:00.123Z 3h12m5s ago 3 pods', ['timestamps', 'ago'])).toBe(
    '<time> <age> ago 3 pods',
  );
  expect(
    withoutPlaces(
      '/tmp/a/out /tmp/a',
      new Map([
        ['/tmp/a', 'A'],
        ['/tmp/a/out', 'B'],
      ]),
    ),
  ).toBe('B A');
});

test('versions are within ranges by their minors', () => {
  expect(
    ['>=1.14', '<1.14', '1.14', '>1.13', '<=1.9'].map((range) => isWithin('1.14.1', range)),
  ).toEqual([true, false, true, true, false]);
  expect(() => isWithin('1.14.1', 'newest')).toThrow('No range');
});

test('every documented difference has its heading', () => {
  const page = readFileSync(resolve('docs/contracts.md'), 'utf8');
  const abouts = new Set(
    cases.flatMap(({ steps }) =>
      steps.flatMap(({ known = [] }) => known.map(({ about }) => about)),
    ),
  );

  expect([...abouts].filter((about) => !page.includes(`\n### ${about}\n`))).toEqual([]);
});

test('only cases with a lab of their own change it, and each step can fail', () => {
  const wrong = cases.flatMap(({ title, isChange, isRealOnly, steps }) =>
    steps
      .filter(
        ({ before, follow, expect: expected }) =>
          (isChange !== true && (before !== undefined || follow?.changes !== undefined)) ||
          (isRealOnly === true && expected === undefined),
      )
      .map(({ argv }) => `${title}: ${argv.join(' ')}`),
  );

  expect(wrong).toEqual([]);
});

test('pinned programs have their sums, and lie where the environment says', () => {
  const tools = realTools({ TALOS_TUI_TOOLS: '/cache' });

  expect(tools.filter(({ moduleDir }) => !existsSync(join(moduleDir, 'go.sum')))).toEqual([]);
  expect(new Set(tools.map(({ program }) => program))).toEqual(
    new Set(['helm', 'kubectl', 'talosctl']),
  );
  expect(tools.every(({ binary }) => binary.startsWith('/cache/'))).toBe(true);
  expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/talos-tui/tools');
});
