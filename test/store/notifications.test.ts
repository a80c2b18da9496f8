import { expect, test } from 'vitest';
import { emptySnapshot } from '../../src/model/empty-snapshot.js';
import { emptyTalosNode } from '../../src/model/empty-talos-node.js';
import { WAITING } from '../../src/model/reading.js';
import { createSnapshotStore } from '../../src/store/snapshot-store.js';
import { aCluster, addressOf, aTalosNode, fresh } from '../support/builders.js';
import { createManualClock } from '../support/manual-clock.js';
import { breathe } from '../support/session.js';

function aStore() {
  const clock = createManualClock(1_000_000);
  const store = createSnapshotStore(emptySnapshot(aCluster()), clock);
  const told: number[] = [];
  store.snapshots.subscribe(() => told.push(clock.now()));
  return { clock, store, told };
}

test('a single change is told at once', async () => {
  const { store, told } = aStore();
  store.setNode(aTalosNode(), 'soon');

  expect(told).toEqual([]);
  await Promise.resolve();
  expect(told).toHaveLength(1);
  expect(store.snapshots.get().talosNodes.size).toBe(1);
});

test('changes of one moment are told together', async () => {
  const { store, told } = aStore();
  for (let number = 1; number <= 50; number += 1) store.setNode(aTalosNode({ number }), 'soon');
  store.set('kubeNodes', fresh([]), 'soon');
  await breathe();

  expect(told).toHaveLength(1);
  expect(store.snapshots.get().talosNodes.size).toBe(50);
});

test('a flood is told ten times a second, and its end is not lost', async () => {
  const { clock, store, told } = aStore();
  for (let step = 0; step < 500; step += 1) {
    store.set('commands', Array(step), 'soon');
    await breathe();
    clock.advance(10);
  }
  clock.advance(1_000);
  await breathe();

  expect(told.length).toBeGreaterThan(45);
  expect(told.length).toBeLessThan(56);
  expect(store.snapshots.get().commands).toHaveLength(499);
});

test('during a flood a change waits at most a tenth of a second', async () => {
  const { clock, store, told } = aStore();
  for (let step = 0; step < 30; step += 1) {
    store.set('commands', Array(step), 'soon');
    await breathe();
    clock.advance(10);
  }
  const changedAtMs = clock.now();
  store.set('kubeNodes', fresh([]), 'soon');
  await breathe();
  clock.advance(200);
  const heardAtMs = told.find((atMs) => atMs >= changedAtMs) ?? Number.POSITIVE_INFINITY;

  expect(heardAtMs - changedAtMs).toBeLessThanOrEqual(100);
});

test('ages alone are told now and then', async () => {
  const { clock, store, told } = aStore();
  for (let second = 0; second < 20; second += 1) {
    store.set('kubeNodes', fresh([], clock.now()), 'lazily');
    await breathe();
    clock.advance(1_000);
  }

  expect(told.length).toBeLessThanOrEqual(10);
  expect(told.length).toBeGreaterThanOrEqual(6);
});

test('a clock that is set back does not hold up the screen', async () => {
  const { clock, store, told } = aStore();
  for (let step = 0; step < 3; step += 1) {
    store.set('commands', Array(step), 'soon');
    await breathe();
  }
  clock.advance(-3_600_000);
  const before = told.length;
  store.set('kubeNodes', fresh([]), 'soon');
  clock.advance(100);

  expect(told.length).toBe(before + 1);
});

test('snapshots that were handed out never change', async () => {
  const { store } = aStore();
  store.setNode(aTalosNode({ number: 1 }), 'soon');
  await breathe();
  const first = store.snapshots.get();
  store.setNode(aTalosNode({ number: 2 }), 'soon');
  store.setNode({ ...emptyTalosNode(addressOf(1)), version: WAITING }, 'soon');
  await breathe();

  expect(first.talosNodes.size).toBe(1);
  expect(first.talosNodes.get(addressOf(1))?.version.state).toBe('fresh');
  expect(store.snapshots.get().talosNodes.size).toBe(2);
  expect(store.snapshots.get().talosNodes.get(addressOf(1))?.version.state).toBe('waiting');
});
