import { expect, test } from 'vitest';
import { storesGate } from '../../../src/actions/gates/stores.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asNodeName } from '../../../src/model/ids.js';
import type { StoreHealth } from '../../../src/model/inspection.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aTarget, withKube } from '../../support/plan-contexts.js';

const gate = (context: PlanContext) => storesGate(context, aTarget(1));

const aStore = (overrides: Partial<StoreHealth> = {}): StoreHealth => ({
  kind: 'longhorn',
  namespace: 'longhorn-system',
  name: 'pvc-1',
  isHealthy: true,
  text: 'healthy',
  copiesOn: [asNodeName('cp-1'), asNodeName('cp-2')],
  ...overrides,
});

const withStores = (...stores: readonly StoreHealth[]) => withKube(aPlanContext(), { stores });
const verdict = (...stores: readonly StoreHealth[]) => {
  const { state, text } = gate(withStores(...stores));
  return `${state}: ${text}`;
};

test('is green when every store is whole, or there is none', () => {
  expect(gate(withStores(aStore(), aStore({ kind: 'ceph' })))).toEqual({
    id: 'G-STORE',
    title: 'Storage and databases in the cluster are whole',
    state: 'green',
    text: '2 volumes and clusters whole',
    remedy: 'Wait until it has rebuilt its copies, or repair it.',
    override: 'type',
  });
  expect(verdict()).toBe('green: none found');
  expect(verdict(aStore())).toBe('green: 1 volume or cluster whole');
});

test('stands on what the cluster says of its stores', () => {
  expectNeeds(gate, aPlanContext(), ['inspection.kube']);
});

test('never turns green when the world gets worse', () => {
  expectMonotone(gate, aPlanContext(), EVERYBODY);
});

test('names what is degraded or does not say how it is', () => {
  const kinds = ['longhorn', 'ceph', 'cnpg', 'scylla', 'rabbitmq', 'other'] as const;
  expect(
    kinds.map((kind) => verdict(aStore({ kind, isHealthy: false, text: 'degraded' }))),
  ).toEqual([
    'red: Longhorn volume longhorn-system/pvc-1: degraded',
    'red: Ceph cluster longhorn-system/pvc-1: degraded',
    'red: PostgreSQL cluster longhorn-system/pvc-1: degraded',
    'red: ScyllaDB cluster longhorn-system/pvc-1: degraded',
    'red: RabbitMQ cluster longhorn-system/pvc-1: degraded',
    'red: store longhorn-system/pvc-1: degraded',
  ]);
  expect(verdict(aStore({ isHealthy: null, text: 'no status' }))).toBe(
    'unknown: Longhorn volume longhorn-system/pvc-1 does not say how it is: no status',
  );
});

test('does not let the node go that has the only copy', () => {
  const only = aStore({ copiesOn: [asNodeName('cp-1')] });

  expect(verdict(only)).toBe(
    'red: Longhorn volume longhorn-system/pvc-1 has its only healthy copy on cp-1',
  );
  expect(storesGate(withStores(only), aTarget(2)).state).toBe('green');
  expect(storesGate(withStores(only), null).state).toBe('green');
  expect(verdict(aStore({ copiesOn: [] }))).toMatch(/^green/);
});
