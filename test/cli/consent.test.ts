import { expect, test } from 'vitest';
import { actingFlags } from '../../src/cli/acting-flags.js';
import { isConfirmed } from '../../src/cli/confirm.js';
import {
  checkOverrides,
  gateRefusal,
  isTyped,
  nameToType,
  refusalDespite,
} from '../../src/cli/consent.js';
import { parseDuration } from '../../src/cli/duration.js';
import type { Invocation } from '../../src/cli/invocation.js';
import { createOutput } from '../../src/cli/output.js';
import { aGate, aPlan } from '../support/plans.js';

const closed = (override: 'no' | 'type' | 'confirm') =>
  aPlan({ level: 2, gates: [aGate({ id: 'G-STORE', state: 'red', text: 'pvc-1', override })] });

test('a closed gate refuses with its reason, its remedy and the way past it, if there is one', () => {
  expect(gateRefusal(closed('no'), [])).toEqual({
    kind: 'refusal',
    reason: 'G-STORE: pvc-1',
    hint: 'Repair the member first.',
    gate: 'G-STORE',
  });
  expect(gateRefusal(closed('confirm'), [])?.hint).toBe(
    'Repair the member first. If you know better: --override G-STORE.',
  );
  expect(gateRefusal(closed('type'), [])?.hint).toContain(
    '--override G-STORE with --confirm-name NAME',
  );
});

test('an override opens its gate, unless that can never be overridden', () => {
  expect(gateRefusal(closed('confirm'), ['G-STORE'])).toBeNull();
  expect(gateRefusal(closed('type'), ['G-STORE'])).toBeNull();
  expect(gateRefusal(closed('type'), ['G-PDB'])).not.toBeNull();
  expect(gateRefusal(closed('no'), ['G-STORE'])?.hint).toContain('G-STORE cannot be overridden');
});

const POLICIES = [
  { id: 'G-STORE', override: 'type' },
  { id: 'G-WORK', override: 'confirm' },
  { id: 'G-OWN', override: 'no' },
] as const;

test('an override of a gate that the run cannot meet, or that nobody may override, is wrong usage', () => {
  expect(() => checkOverrides(POLICIES, ['G-STORE', 'G-WORK'])).not.toThrow();
  expect(() => checkOverrides(POLICIES, ['G-PDB'])).toThrow('This plan has no gate G-PDB.');
  expect(() => checkOverrides(POLICIES, ['G-OWN'])).toThrow('G-OWN can never be overridden.');
});

test('a gate that stays closed is refused with its own reason, also when it was named', () => {
  const policies = [{ id: 'G-STORE', override: 'no' } as const];
  expect(refusalDespite(closed('no'), policies, ['G-STORE'])).toMatchObject({
    reason: 'G-STORE: pvc-1',
    hint: expect.stringContaining('G-STORE cannot be overridden'),
  });
  expect(refusalDespite(closed('type'), POLICIES, ['G-STORE'])).toBeNull();
});

test('levels 3 and 4 and typed overrides ask for the name, everything else for a yes', () => {
  const level = (value: 1 | 2 | 3 | 4, confirmName: string | null = null) =>
    nameToType(aPlan({ level: value, confirmName }), false, 'home');

  expect([level(1), level(2), level(3), level(4, 'cp-1')]).toEqual([null, null, 'home', 'cp-1']);
  expect(nameToType(aPlan({ level: 1 }), true, 'home')).toBe('home');
  // Whatever the gate says now: it is overridden for later, too.
  expect(isTyped(POLICIES, ['G-WORK', 'G-STORE'])).toBe(true);
  expect(isTyped(POLICIES, ['G-WORK'])).toBe(false);
});

const invocation = (isJson = false): Invocation => ({
  options: {
    ...{ demo: null, cluster: null, isReadOnly: false, isAscii: false, hasColor: false },
    ...{ configDir: null, stateDir: null },
  },
  isJson,
  output: createOutput(),
  env: {},
});

const confirm = (flags: Parameters<typeof actingFlags>[0], name: string | null, level: 0 | 2 | 3) =>
  isConfirmed(aPlan({ level }), actingFlags(flags), { name, invocation: invocation(true) });

test('--yes confirms up to level 2; above it needs the name, and the right one', async () => {
  expect(await confirm({ yes: true }, null, 2)).toBe(true);
  expect(await confirm({ yes: true, confirmName: 'home' }, 'home', 3)).toBe(true);
  await expect(confirm({ yes: true }, 'home', 3)).rejects.toMatchObject({
    kind: 'configuration',
    hint: 'Add --confirm-name home.',
  });
  await expect(confirm({ yes: true, confirmName: 'hone' }, 'home', 3)).rejects.toMatchObject({
    kind: 'refused',
    message: 'hone is not the name of what is changed.',
  });
});

test('where nobody can be asked a change needs --yes; a reading needs nothing', async () => {
  await expect(confirm({}, null, 2)).rejects.toMatchObject({
    kind: 'configuration',
    hint: 'Look at it with --dry-run, then add --yes.',
  });
  await expect(confirm({}, 'home', 3)).rejects.toMatchObject({
    hint: 'Look at it with --dry-run, then add --yes --confirm-name home.',
  });
  expect(await confirm({}, null, 0)).toBe(true);
});

test.each([
  ['4h', 14_400_000],
  ['90m', 5_400_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['45s', 45_000],
])('a duration of %s is understood', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '4', 'h', '4 h', '-1h', '4h 30', '1.5h', '4hours'])(
  '"%s" is no duration',
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test('flags that cannot be meant are wrong usage', () => {
  expect(() => actingFlags({ maxDuration: 'soon' })).toThrow('--max-duration soon is no duration.');
  expect(() => actingFlags({ maxDuration: '5s' })).toThrow('less than a minute');
  expect(() => actingFlags({ override: ['G-ETCD,etcd'] })).toThrow('"etcd" is no gate');
  expect(actingFlags({ override: ['G-ETCD,G-PDB', 'G-STORE'] }).override).toEqual([
    ...['G-ETCD', 'G-PDB', 'G-STORE'],
  ]);
});
