import { afterEach, expect, test } from 'vitest';
import { asRunId } from '../../src/model/ids.js';
import type { RunSummary } from '../../src/model/run.js';
import { fresh, NOW_MS } from '../support/builders.js';
import { anAction, aPlan } from '../support/plans.js';
import { aRun, aRunStep } from '../support/run-summaries.js';
import { KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

async function openRun(run: RunSummary, others: readonly RunSummary[] = []): Promise<void> {
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([run, ...others]) }) });
  await screen.press('9');
  await screen.press(KEY.enter);
}

const running = aRun({
  id: 'now',
  state: 'running',
  startedAtMs: NOW_MS - 9_000,
  endedAtMs: null,
  pid: 4242,
  steps: [
    aRunStep({ id: 'check', title: 'Check free space', detail: '12 GiB free' }),
    aRunStep({
      state: 'waiting',
      detail: '12 MiB so far',
      startedAtMs: NOW_MS - 7_000,
      endedAtMs: null,
    }),
  ],
});

test('shows what a run waits for, how long it takes and how long that usually takes', async () => {
  await openRun(running, [
    aRun({ id: 'before', startedAtMs: NOW_MS - 90_000, endedAtMs: NOW_MS - 78_000 }),
  ]);
  expect(screen.text()).toContain('9 s so far · usually 12 s');
  expect(screen.text()).toMatch(/2 {2}Take the snapshot +7 s \(usually 3 s\)/);
  expect(screen.text()).toContain('waiting: 12 MiB so far');
  expect(screen.text()).toContain('Safe to disconnect');
});

test('asks the run to stop, and says that it was asked', async () => {
  await openRun(running);
  await screen.press('C');
  expect(screen.calls.cancelled).toEqual(['now']);
  expect(screen.text()).toContain('Asked the run to stop at the next safe point');
});

test('resumes a run whose process has died, and nothing else', async () => {
  await openRun(aRun({ id: 'dead', state: 'interrupted', endedAtMs: null }));
  expect(screen.text()).toContain('Its process died');
  await screen.press('p');
  expect(screen.calls.resumed).toEqual(['dead']);
  screen.close();
  await openRun(running);
  await screen.press('p');
  expect(screen.calls.resumed).toEqual([]);
  expect(screen.text()).toContain('Only a run that stopped half-way can be resumed.');
});

test('shows how a run ended', async () => {
  await openRun(
    aRun({
      state: 'failed',
      steps: [aRunStep({ state: 'failed', detail: 'talosctl ended with code 1' })],
      outcome: 'No snapshot was kept. Take it again.',
    }),
  );
  expect(screen.text()).toContain('✖ failed');
  expect(screen.text()).toContain('failed: talosctl ended with code 1');
  expect(screen.text()).toContain('No snapshot was kept. Take it again.');
});

test('shows the commands of a run as a script to copy', async () => {
  await openRun(running);
  await screen.press('w');
  expect(screen.text()).toContain('#!/bin/sh');
  await screen.press('c');
  expect(screen.calls.copied[0]).toContain('#!/bin/sh');
});

test('asks before leaving while a run that was started here is active', async () => {
  screen = await openScreen({
    snapshot: busySnapshot({ runs: fresh([running]) }),
    actions: [anAction()],
    plan: () => aPlan(),
    startRun: () => Promise.resolve(asRunId('now')),
  });
  await screen.press('S');
  screen.clock.nowMs += 400;
  await screen.press('y');
  await screen.press(KEY.ctrl('c'));
  expect(screen.calls.quit).toHaveLength(0);
  expect(screen.text()).toContain('A run is active');
  await screen.press(KEY.escape);
  expect(screen.text()).not.toContain('A run is active');
  await screen.press(KEY.ctrl('c'));
  await screen.press('y');
  expect(screen.calls.quit).toHaveLength(1);
});

test('reads the cluster again when a run has ended', async () => {
  await openRun(running);
  expect(screen.calls.refreshed).toHaveLength(0);
  await screen.show(busySnapshot({ runs: fresh([{ ...running, state: 'succeeded' }]) }));
  expect(screen.calls.refreshed).toHaveLength(1);
});

test('names unfinished runs on the overview', async () => {
  screen = await openScreen({
    snapshot: busySnapshot({ runs: fresh([aRun({ state: 'interrupted', endedAtMs: null })]) }),
  });
  expect(screen.text()).toContain('✖ run interrupted  Take an etcd snapshot from cp-2');
});
