import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toGoYaml, type YamlValue } from '../../../src/lab/talos/go-yaml.js';
import { humanBytes } from '../../../src/lab/talos/human-bytes.js';

test('nested lists and maps look as Go prints them', () => {
  const text = toGoYaml({
    stage: 'running',
    status: { ready: true, unmetConditions: [] },
    addresses: ['10.0.0.1', 'fe80::1/64'],
    conditions: [{ name: 'services', reason: 'etcd not healthy: timeout' }],
    absent: undefined,
    nothing: null,
    empty: {},
  });

  expect(text).toBe(`stage: running
status:
    ready: true
    unmetConditions: []
addresses:
    - 10.0.0.1
    - fe80::1/64
conditions:
    - name: services
      reason: 'etcd not healthy: timeout'
nothing: null
empty: {}
`);
});

test('below a list item the next level is two columns further, not four', () => {
  const text = toGoYaml({ states: [{ name: 'apid', state: { running: { since: 'now' } } }] });

  expect(text).toBe(`states:
    - name: apid
      state:
        running:
            since: now
`);
});

test.each([
  ['true', '"true"'],
  ['', '""'],
  ['1.12', '"1.12"'],
  ['2e00134567890123', '"2e00134567890123"'],
  ['2026-11-20', '"2026-11-20"'],
  ['02:00:00:00:00:01', '"02:00:00:00:00:01"'],
  ['bc:24:11:63:00:01', 'bc:24:11:63:00:01'],
  ['::', "'::'"],
  ['>= 1.0.0', "'>= 1.0.0'"],
  ['v1.12.4', 'v1.12.4'],
  ['/dev/sda', '/dev/sda'],
])('%s is printed as %s', (value, printed) => {
  expect(toGoYaml({ value })).toBe(`value: ${printed}\n`);
});

test('whatever is printed, a YAML reader gets it back', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.constantFrom('no', '0x10', '1_000', '- a', '#', 'a: b', 'a\nb', 'a\nb\n', 'NaN', '1e3', '~'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec<{ tree: YamlValue }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z.\-/]{1,12}$/), tie('tree'), { maxKeys: 4 }),
    ),
  }));

  fc.assert(
    fc.property(tree, (value) => {
      expect(parse(toGoYaml(value))).toEqual(value);
    }),
    { numRuns: 400 },
  );
});

test.each([
  [0, '0 B'],
  [9, '9 B'],
  [1048576, '1.0 MB'],
  [42_000_000, '42 MB'],
  [12_884_901_888, '13 GB'],
  [999, '999 B'],
])('%s bytes are %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});
