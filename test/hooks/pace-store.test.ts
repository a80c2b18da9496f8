import { expect, test } from 'vitest';
import { paceStore } from '../../src/hooks/pace-store.js';
import { createStore } from '../../src/store/store.js';
import { eventually } from '../support/patience.js';

const untilHeard = (heard: readonly number[], count: number): Promise<void> =>
  eventually(() => expect(heard.length).toBeGreaterThanOrEqual(count));

function listenedStore(isBehind: () => boolean) {
  const source = createStore(0);
  const paced = paceStore(source, { minIntervalMs: 40, isBehind });
  const heard: number[] = [];
  const stop = paced.subscribe(() => heard.push(paced.get()));
  return { source, heard, stop };
}

test('draws the first change at once and a burst of changes once more', async () => {
  const { source, heard, stop } = listenedStore(() => false);
  for (let value = 1; value <= 50; value++) source.update(() => value);
  expect(heard).toEqual([1]);
  await untilHeard(heard, 2);
  expect(heard).toEqual([1, 50]);
  stop();
});

test('draws nothing while the terminal is behind, and the newest state afterwards', async () => {
  let isBehind = true;
  const { source, heard, stop } = listenedStore(() => isBehind);
  source.update(() => 1);
  source.update(() => 2);
  await new Promise((done) => setTimeout(done, 120));
  expect(heard).toEqual([]);
  isBehind = false;
  await untilHeard(heard, 1);
  expect(heard).toEqual([2]);
  stop();
});

test('is silent after the last listener has gone', async () => {
  const { source, heard, stop } = listenedStore(() => false);
  source.update(() => 1);
  source.update(() => 2);
  stop();
  await new Promise((done) => setTimeout(done, 80));
  expect(heard).toEqual([1]);
});
