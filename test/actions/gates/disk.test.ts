import { expect, test } from 'vitest';
import { directoryGate, spaceGate } from '../../../src/actions/gates/disk.js';
import type { DirectoryFact } from '../../../src/model/action-facts.js';
import { GIB } from '../../support/builders.js';

const aDirectory = (overrides: Partial<DirectoryFact> = {}): DirectoryFact => ({
  path: '/snapshots',
  state: 'ready',
  problem: 'it is open to others',
  freeBytes: 10 * GIB,
  ...overrides,
});

test('takes a directory that is there or can be made, and nothing else', () => {
  const gates = (['ready', 'absent', 'unusable', 'unknown'] as const).map((state) =>
    directoryGate(aDirectory({ state })),
  );

  expect(gates.map(({ state, text }) => `${state}: ${text}`)).toEqual([
    'green: /snapshots',
    'green: /snapshots will be made',
    'red: it is open to others',
    'unknown: it is open to others',
  ]);
  expect(gates[0]).toMatchObject({
    id: 'G-DIR',
    title: 'The snapshot directory is private and writable',
    remedy:
      'Make it yours and private with `chmod 700 /snapshots`, or set another snapshot directory.',
    override: 'no',
  });
});

test('wants room for all of it, to the byte', () => {
  const needing = (neededBytes: number | null, freeBytes: number | null = 10 * GIB) =>
    spaceGate(aDirectory({ freeBytes }), neededBytes);

  expect(needing(10 * GIB)).toEqual({
    id: 'G-SPACE',
    title: 'There is room for the snapshot',
    state: 'green',
    text: '10 GiB free, 10 GiB needed',
    remedy: 'Free some space in /snapshots or set another snapshot directory.',
    override: 'no',
  });
  expect(needing(10 * GIB + 1).state).toBe('red');
  expect(needing(null)).toMatchObject({
    state: 'unknown',
    text: 'the size of the database is not known',
  });
  expect(needing(1, null)).toMatchObject({ state: 'unknown', text: 'the free space is not known' });
  expect(needing(null, null).state).toBe('unknown');
});
