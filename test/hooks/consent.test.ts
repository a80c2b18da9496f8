import { expect, test } from 'vitest';
import { consentFor } from '../../src/hooks/use-confirm.js';
import { aGate, aPlan } from '../support/plans.js';

const NOTHING: ReadonlySet<string> = new Set();

test('levels 1 and 2 ask for a key, levels 3 and 4 for a name', () => {
  const nameAt = (level: 1 | 2 | 3 | 4) => consentFor(aPlan({ level }), NOTHING, 'home').name;
  expect([nameAt(1), nameAt(2), nameAt(3), nameAt(4)]).toEqual([null, null, 'home', 'home']);
  expect(consentFor(aPlan({ level: 4, confirmName: 'cp-2' }), NOTHING, 'home').name).toBe('cp-2');
});

test('a gate that nobody may override blocks, red or unknown', () => {
  for (const state of ['red', 'unknown'] as const) {
    const plan = aPlan({ gates: [aGate({ state, override: 'no' })] });
    expect(consentFor(plan, NOTHING, 'home').blocking).toHaveLength(1);
  }
});

test('a gate that is overridden by typing asks for the name also at level 1', () => {
  const plan = aPlan({ gates: [aGate({ state: 'red', override: 'type' })] });
  expect(consentFor(plan, NOTHING, 'home')).toMatchObject({ name: 'home', overrides: ['G-ETCD'] });
});

test('a gate that is overridden by a key stays open until it was pressed', () => {
  const plan = aPlan({ gates: [aGate({ state: 'unknown', override: 'confirm' })] });
  expect(consentFor(plan, NOTHING, 'home')).toMatchObject({
    overrides: [],
    open: [{ id: 'G-ETCD' }],
  });
  expect(consentFor(plan, new Set(['G-ETCD']), 'home')).toMatchObject({
    overrides: ['G-ETCD'],
    open: [],
  });
});

test('green gates are never reported as overridden', () => {
  const plan = aPlan({ gates: [aGate({ override: 'type' }), aGate({ override: 'confirm' })] });
  expect(consentFor(plan, new Set(['G-ETCD']), 'home').overrides).toEqual([]);
});
