import { afterEach, expect, test } from 'vitest';
import { asRunId } from '../../src/model/ids.js';
import type { RunStepSummary, RunSummary } from '../../src/model/run.js';
import { fresh, NOW_MS } from '../support/builders.js';
import { anAction, aPlan } from '../support/plans.js';
import { aRun, aRunStep } from '../support/run-summaries.js';
import { frameProblems, KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot, idleSnapshot } from '../support/snapshots.js';

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
    aRun({
      id: 'before',
      startedAtMs: NOW_MS - 90_000,
      endedAtMs: NOW_MS - 78_000,
      steps: [aRunStep({ id: 'check' }), aRunStep()],
    }),
  ]);
  expect(screen.text()).toContain('9 s, usually 12 s');
  expect(screen.text()).toMatch(/2 {2}Take the snapshot on cp-2 +7 s \(usually 3 s\)/);
  expect(screen.text()).toContain('waiting: 12 MiB so far');
  expect(screen.text()).toContain('Safe to disconnect');
});

test('cancels a run only after saying what that leaves behind, and never by a key that bounced', async () => {
  await openRun({
    ...running,
    steps: [
      aRunStep({ id: 'cordon', title: 'Cordon w-9', group: 'w-9', stateWhenStopped: 'cordoned' }),
      aRunStep({
        id: 'reboot',
        title: 'Reboot w-9',
        target: 'w-9',
        group: 'w-9',
        state: 'running',
        isDisruptive: true,
        stateWhenStopped: 'rebooting',
        endedAtMs: null,
      }),
    ],
  });
  await screen.press('C');
  expect(screen.text()).toContain('"Reboot w-9" is not cut off half-way');
  expect(screen.text()).toContain('w-9 is then left: cordoned, rebooting.');
  expect(screen.text()).toContain('1 of 2 steps is done and stays as it is');
  await screen.press('y');
  expect(screen.calls.cancelled).toEqual([]);
  screen.clock.nowMs += 400;
  await screen.press('yy');
  expect(screen.calls.cancelled).toEqual([]);
  await screen.press('y');
  expect(screen.calls.cancelled).toEqual(['now']);
  expect(screen.text()).toContain('Asked the run to stop at the next safe point');
});

test('resumes a run whose process has died, and nothing else', async () => {
  await openRun(aRun({ id: 'dead', state: 'interrupted', endedAtMs: null }));
  expect(screen.text()).toContain('Its process ended without a word');
  await screen.press('o');
  expect(screen.calls.resumed).toEqual(['dead']);
  screen.close();
  await openRun(running);
  await screen.press('o');
  expect(screen.calls.resumed).toEqual([]);
  expect(screen.text()).toContain('Only a run that stopped half-way can go on.');
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

test('writes the commands of a run to a script and says where it is', async () => {
  await openRun(running);
  await screen.press('E');
  expect(screen.text()).toContain('Written to /state/runs/now/script.sh');
  expect(screen.text()).toContain('#!/bin/sh');
  await screen.press('c');
  expect(screen.calls.copied[0]).toContain('#!/bin/sh');
});

test('asks before leaving while a run that was started here is active', async () => {
  screen = await openScreen({
    snapshot: idleSnapshot(),
    actions: [anAction()],
    plan: () => aPlan(),
    startRun: () => Promise.resolve(asRunId('now')),
  });
  await screen.press('S');
  screen.clock.nowMs += 400;
  await screen.press('y');
  await screen.show(busySnapshot({ runs: fresh([running]) }));
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

test('pauses a run that goes on, and lets only a stopped one go on', async () => {
  await openRun(running);
  await screen.press('p');
  expect(screen.calls.paused).toEqual(['now']);
  expect(screen.text()).toContain('Asked the run to pause before it begins with another node');
  screen.close();
  await openRun(aRun({ id: 'held', state: 'paused', endedAtMs: null, outcome: 'Asked to.' }));
  await screen.press('p');
  expect(screen.calls.paused).toEqual([]);
  await screen.press('o');
  expect(screen.calls.resumed).toEqual(['held']);
});

test('says of a paused run what it waits for, and whether it goes on by itself', async () => {
  const outcome = 'G-ETCD: 2 of 3 healthy. Waits for: Repair the member.';
  const gate = { id: 'G-ETCD', override: 'type' } as const;
  await openRun(
    aRun({ state: 'paused', endedAtMs: null, outcome, pause: { heldBy: 'world', gate } }),
  );
  expect(screen.text()).toContain(outcome);
  expect(screen.text()).toContain('It goes on by itself as soon as that is so');
  expect(screen.text().replace(/\s+/g, ' ')).toContain('--override G-ETCD');
  await screen.press('o');
  expect(screen.calls.resumed).toEqual([]);
  expect(screen.text()).toContain('It waits for the cluster');
  screen.close();
  const asked = 'Nobody watches. Waits for: somebody who lets it go on.';
  const pause = { heldBy: 'operator', gate: null } as const;
  await openRun(aRun({ state: 'paused', endedAtMs: null, outcome: asked, pause }));
  expect(screen.text()).toContain('o lets it go on');
});

test('names on the overview what a paused run waits for', async () => {
  const outcome = 'G-ETCD: 2 of 3. Waits for: repair.';
  screen = await openScreen({
    snapshot: busySnapshot({ runs: fresh([aRun({ state: 'paused', endedAtMs: null, outcome })]) }),
    columns: 200,
    rows: 50,
  });
  expect(screen.text()).toContain(`▲ run paused  Take an etcd snapshot from cp-2: ${outcome}`);
});

test('whoever leaves is told when the run will wait for somebody', async () => {
  const steps = [
    aRunStep({ state: 'running', endedAtMs: null }),
    aRunStep({ id: 'next', state: 'pending', startedAtMs: null, isDisruptive: true }),
  ];
  await openRun({ ...running, steps });
  expect(screen.text()).toContain('it finishes its step and waits before');
  screen.close();
  await openRun({ ...running, steps, keepGoing: true });
  expect(screen.text()).toContain('it goes on without this console');
});

test('shows the end of what the step at hand printed, without control sequences', async () => {
  const output = Array.from({ length: 40 }, (_, index) => `line ${index} \u001B[31mred\u001B[0m`);
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([running]) }), output });
  await screen.press('9');
  await screen.press(KEY.enter);
  expect(screen.calls.followed).toEqual(['now take']);
  expect(screen.text()).toContain('Output of "Take the snapshot"');
  expect(screen.text()).toContain('line 39 red');
  expect(screen.text()).not.toContain('line 0 ');
  expect(frameProblems(screen.ansi(), 80, 24)).toEqual([]);
});

test('of several nodes only the one at hand is shown in full', async () => {
  const stepsOf = (node: string, state: RunStepSummary['state']): RunStepSummary[] =>
    ['Cordon', 'Drain', 'Reboot', 'Prove', 'Uncordon'].map((word) =>
      aRunStep({
        id: `${word}-${node}`,
        title: `${word} ${node}`,
        target: node,
        group: node,
        state,
        ...(state === 'pending' && { startedAtMs: null, endedAtMs: null, detail: '' }),
      }),
    );
  const at = stepsOf('cp-2', 'pending').with(
    2,
    aRunStep({
      id: 'x',
      title: 'Reboot cp-2',
      group: 'cp-2',
      state: 'waiting',
      detail: 'boot id',
      endedAtMs: null,
    }),
  );
  await openRun({
    ...running,
    steps: [...stepsOf('cp-1', 'done'), ...at, ...stepsOf('w-4', 'pending')],
  });
  expect(screen.text()).toContain('● cp-1  5 steps done');
  expect(screen.text()).toContain('– w-4  5 steps to do');
  expect(screen.text()).toContain('step 8 of 15 · cp-2');
  expect(screen.text()).toContain('waiting: boot id');
  expect(screen.text()).not.toContain('Reboot w-4');
});

test('opens the log of a run at its end', async () => {
  await openRun(running);
  await screen.press('l');
  expect(screen.text()).toContain('Log: Take an etcd snapshot from cp-2');
  expect(screen.text()).toContain('log of now');
});

test('what an earlier process saw is called so, and what a dead one was at is unknown', async () => {
  const seen = aRunStep({ title: 'Cordon w-4', state: 'pending', detail: 'cordoned' });
  await openRun({ ...running, steps: [seen] });
  expect(screen.text()).toContain('before: cordoned');
  screen.close();
  const at = aRunStep({ title: 'Reboot w-4', state: 'running', endedAtMs: null });
  await openRun(aRun({ state: 'interrupted', endedAtMs: null, steps: [at] }));
  expect(screen.text()).toMatch(/\? {2}1 {2}Reboot w-4/);
});

test('says what a run whose process died leaves its node in, and that a command may live on', async () => {
  const left = 'w-4: cordoned, rebooting. It takes no new pods.';
  const at = aRunStep({ title: 'Reboot w-4', state: 'running', endedAtMs: null });
  await openRun(aRun({ state: 'interrupted', endedAtMs: null, outcome: left, steps: [at] }));
  expect(screen.text()).toContain(left);
  expect(screen.text()).toContain('o lets it go on');
  expect(screen.text()).toContain('may still be at work');
});

test('says what goes on while no step is at work', async () => {
  const steps = [aRunStep({ state: 'pending', startedAtMs: null, endedAtMs: null, detail: '' })];
  await openRun({ ...running, steps });
  expect(screen.text()).toContain('Between steps: it reads the cluster again');
  await screen.show(busySnapshot({ runs: fresh([running]) }));
  expect(screen.text()).not.toContain('Between steps');
});

test('shows until it is done what a run was asked for', async () => {
  await openRun({ ...running, asked: 'pause' });
  expect(screen.text()).toContain('Asked to pause: it does so before it begins with another node.');
  await screen.show(busySnapshot({ runs: fresh([{ ...running, asked: 'cancel' }]) }));
  expect(screen.text()).toContain('Asked to stop: it does so at the next safe point.');
});

test('a proof is shown whole where there is room for it', async () => {
  const detail = `${'all of the last day, '.repeat(6)}the end`;
  await openRun(aRun({ steps: [aRunStep({ detail })] }));
  expect(screen.text().replace(/\s+/g, ' ')).toContain('all of the last day, the end');
});

test('a run that has ended shows every step as long as there is room', async () => {
  const steps = Array.from({ length: 11 }, (_, index) =>
    aRunStep({
      id: `step-${index}`,
      title: `Step ${index}`,
      group: index < 5 ? 'w-4' : 'w-5',
      state: index === 10 ? 'already-done' : 'done',
    }),
  );
  await openRun(aRun({ steps }));
  expect(screen.text()).toContain('Step 0');
  expect(screen.text()).toMatch(/Step 10.* already done/);
});

test('who began a run, and when, is not cut off', async () => {
  const operator = 'somebody-with-a-long-name@example.org';
  const steps = [aRunStep({ state: 'running', endedAtMs: null, expectedMs: 400_000 })];
  await openRun({ ...running, operator, steps });
  expect(screen.text()).toContain(operator);
});

test('a long line of output is shown with its end, which holds the reason', async () => {
  const output = [`error when evicting ${'x'.repeat(90)}: the disruption budget db allows none`];
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([running]) }), output });
  await screen.press('9');
  await screen.press(KEY.enter);
  expect(screen.text().replace(/\s+/g, ' ')).toContain('budget db allows none');
});

test('of a long ending the last words stay: what it left and how to go on', async () => {
  const outcome = `Done: ${'step by step, '.repeat(40)}. w-4: cordoned. Resume it to go on.`;
  await openRun(aRun({ state: 'cancelled', outcome }));
  expect(screen.text()).toContain('d shows all of it');
  expect(screen.text().replace(/\s+/g, ' ')).toContain('w-4: cordoned. Resume it to go on.');
});

test('a state that says it all is not said twice before a cancel', async () => {
  const drain = aRunStep({
    id: 'drain',
    title: 'Drain w-4',
    group: 'w-4',
    state: 'running',
    stateWhenStopped: 'cordoned, partly drained',
    endedAtMs: null,
  });
  const cordon = aRunStep({ id: 'c', group: 'w-4', stateWhenStopped: 'cordoned' });
  await openRun({ ...running, steps: [cordon, drain] });
  await screen.press('C');
  expect(screen.text()).toContain('w-4 is then left: cordoned, partly drained.');
});

test('a command of the script is shown whole and copied unbroken', async () => {
  const command = `kubectl --kubeconfig /home/op/.kube/config annotate node w-4 ${'a'.repeat(60)} --last`;
  screen = await openScreen({
    snapshot: busySnapshot({ runs: fresh([running]) }),
    script: command,
  });
  await screen.press('9');
  await screen.press(KEY.enter);
  await screen.press('E');
  expect(screen.text()).toContain('--last');
  await screen.press('c');
  expect(screen.calls.copied).toEqual([command]);
});

test('a command that was stopped is shown without the flags that every command has', async () => {
  const detail = 'talosctl --talosconfig /etc/t --context home --nodes 10.0.0.14 reboot --wait';
  const steps = [aRunStep({ title: 'Reboot w-4', state: 'pending', detail })];
  await openRun(aRun({ state: 'cancelled', steps }));
  expect(screen.text()).toContain('stopped: talosctl --nodes 10.0.0.14 reboot --wait');
});

test('a long title gives way to nothing, not even to what is usual', async () => {
  const title = 'Wait until the cluster has settled after talos-worker-01';
  const step = { title, target: null, state: 'waiting', endedAtMs: null, detail: '' } as const;
  const steps = [aRunStep({ ...step, startedAtMs: NOW_MS - 24_000, expectedMs: 90_000 })];
  await openRun({ ...running, steps });
  expect(screen.text()).toMatch(/settled after talos-worker-01 +24 s/);
});

test('before a run that goes on again is cancelled, it is not said that nothing was done', async () => {
  const steps = [
    aRunStep({ id: 'cordon', state: 'pending', detail: 'cordoned', endedAtMs: null }),
    aRunStep({ id: 'drain', state: 'running', endedAtMs: null }),
  ];
  await openRun({ ...running, steps });
  await screen.press('C');
  expect(screen.text()).toContain('What was done before it went on again stays');
});

test('what an earlier process did is not called stopped when the run is cancelled', async () => {
  const cordon = { title: 'Cordon w-4', state: 'pending', detail: 'cordoned' } as const;
  const steps = [aRunStep({ ...cordon, endedAtMs: null })];
  await openRun(aRun({ state: 'cancelled', steps }));
  expect(screen.text()).toContain('before: cordoned');
});

test('a step that has not begun with anything says what it looks at', async () => {
  const steps = [aRunStep({ state: 'running', detail: '', endedAtMs: null })];
  await openRun({ ...running, steps });
  expect(screen.text()).toContain('looks first whether it is so already');
});

const nodeStep = (state: RunStepSummary['state'], stateWhenStopped: string) =>
  aRunStep({ id: stateWhenStopped, group: 'w-4', state, stateWhenStopped, endedAtMs: null });

test('before a cancel it is told that an installation waits for the next boot', async () => {
  const steps = [
    nodeStep('done', 'perhaps armed: its next start may be the new version'),
    nodeStep('done', 'cordoned'),
    nodeStep('running', 'cordoned, partly drained'),
  ];
  await openRun({ ...running, steps });
  await screen.press('C');
  expect(screen.text()).toContain('w-4 is then left: armed, cordoned,');
  expect(screen.text()).toContain('partly drained.');
});

test('before a cancel a node that was freed and rebooted is not called cordoned or armed', async () => {
  const steps = [
    nodeStep('done', 'perhaps armed: its next start may be the new version'),
    nodeStep('done', 'cordoned'),
    nodeStep('done', 'rebooting'),
    nodeStep('done', 'schedulable, still marked'),
    nodeStep('waiting', 'done, settling'),
  ];
  await openRun({ ...running, steps });
  await screen.press('C');
  expect(screen.text()).toContain('w-4 is then left: done, settling.');
});
