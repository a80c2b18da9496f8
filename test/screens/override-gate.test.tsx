import { afterEach, expect, test } from 'vitest';
import type { RunSummary } from '../../src/model/run.js';
import { fresh } from '../support/builders.js';
import { aRun } from '../support/run-summaries.js';
import { KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

const heldBy = (override: 'no' | 'type' | 'confirm'): RunSummary =>
  aRun({
    id: 'held',
    state: 'paused',
    endedAtMs: null,
    outcome: 'G-NODES: cp-3 is cordoned. Waits for: Uncordon it.',
    pause: { heldBy: 'world', gate: { id: 'G-NODES', override } },
  });

async function openRun(run: RunSummary): Promise<void> {
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([run]) }) });
  await screen.press('9');
  await screen.press(KEY.enter);
  await screen.press('O');
}

const type = async (text: string): Promise<void> => {
  for (const key of text) await screen.press(key);
};

test('a gate that asks for the name is opened by the name, typed by hand, and y', async () => {
  await openRun(heldBy('type'));
  expect(screen.text()).toContain('Override G-NODES?');
  expect(screen.text()).toContain('cp-3 is cordoned');
  // Meant for the screen below.
  await screen.press('y');
  screen.clock.nowMs += 1_000;
  await type('homx');
  await screen.press('y');
  expect(screen.calls.overridden).toEqual([]);
  for (let erased = 0; erased < 2; erased++) await screen.press(KEY.backspace);
  await type('e');
  expect(screen.text()).toContain('y override it');
  await screen.press('y');
  expect(screen.calls.overridden).toEqual(['held G-NODES']);
});

test('a gate that asks for a yes is opened by y, and left closed by Esc', async () => {
  await openRun(heldBy('confirm'));
  screen.clock.nowMs += 1_000;
  await screen.press(KEY.enter);
  await screen.press(KEY.escape);
  expect(screen.text()).not.toContain('Override G-NODES?');
  await screen.press('O');
  screen.clock.nowMs += 1_000;
  await screen.press('y');
  expect(screen.calls.overridden).toEqual(['held G-NODES']);
});

test('a gate that nobody may override, and one that has opened meanwhile, are said so', async () => {
  await openRun(heldBy('no'));
  expect(screen.text()).toContain('G-NODES can never be overridden.');
  screen.close();
  await openRun(heldBy('type'));
  await screen.show(busySnapshot({ runs: fresh([{ ...heldBy('type'), pause: null }]) }));
  expect(screen.text()).toContain('G-NODES does not hold the run any more.');
  screen.clock.nowMs += 1_000;
  await screen.press('y');
  expect(screen.calls.overridden).toEqual([]);
});
