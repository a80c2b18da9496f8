import { afterEach, expect, test } from 'vitest';
import { asNodeName } from '../../src/model/ids.js';
import type { RunStepSummary, RunSummary } from '../../src/model/run.js';
import { leftBehind } from '../../src/screens/parts/left-behind.js';
import { aKubeNode, fresh } from '../support/builders.js';
import { aRun, aRunStep } from '../support/run-summaries.js';
import { frameProblems, KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

const flat = (): string => screen.text().replace(/[\s│]+/g, ' ');

const draining = (
  step: Partial<RunStepSummary> = {},
  run: Partial<Omit<RunSummary, 'id'>> = {},
): RunSummary =>
  aRun({
    id: 'now',
    state: 'running',
    endedAtMs: null,
    steps: [
      aRunStep({
        id: 'drain',
        title: 'Drain w-4',
        target: 'w-4',
        group: 'w-4',
        state: 'running',
        isDisruptive: true,
        commandTimeoutMs: 300_000,
        detail: 'kubectl drain w-4',
        stateWhenStopped: 'cordoned, partly drained',
        endedAtMs: null,
        ...step,
      }),
    ],
    ...run,
  });

async function openRun(run: RunSummary, output: readonly string[] = []): Promise<void> {
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([run]) }), output });
  await screen.press('9');
  await screen.press(KEY.enter);
}

test('before a stuck drain is cancelled it is told what it waits for, and how long at most', async () => {
  await openRun(draining(), [
    'evicting pod shop/web-1',
    'error when evicting pods/"db-0" -n "shop": the budget allows none to go',
    '',
  ]);
  await screen.press('C');
  expect(flat()).toContain(
    '"Drain w-4" is not cut off half-way: the run stops when its command has ended. That gives up by itself after 5 min.',
  );
  expect(flat()).toContain('It printed last: error when evicting pods/"db-0" -n "shop"');
  expect(flat()).toContain('w-4 is then left: cordoned, partly drained.');
  expect(frameProblems(screen.ansi(), 80, 24)).toEqual([]);
});

test('a command whose patience is not known is given none', async () => {
  await openRun(draining({ commandTimeoutMs: null }));
  await screen.press('C');
  expect(flat()).toContain('when its command has ended. w-4 is then left: ');
  expect(flat()).not.toContain('gives up by itself');
  expect(flat()).not.toContain('It printed last');
});

test('a step that stops at once is not said to wait for its command', async () => {
  await openRun(draining({ isDisruptive: false, title: 'Settle' }), ['some words']);
  await screen.press('C');
  expect(flat()).toContain('It stops within "Settle".');
  expect(flat()).not.toContain('It printed last');
});

test('a run that was asked to stop says what it still waits for', async () => {
  await openRun(draining({}, { asked: 'cancel' }));
  expect(flat()).toContain(
    'Asked to stop: it does so when the command of "Drain w-4" has ended; that gives up by itself after 5 min.',
  );
});

const MARK = '20261120T101500Z-drain';
const steps = (node: string, states: readonly RunStepSummary['state'][]): RunStepSummary[] =>
  [`perhaps marked ${MARK}, not cordoned`, 'cordoned', 'cordoned, partly drained'].map(
    (stateWhenStopped, index) =>
      aRunStep({
        id: `${node}-${index}`,
        title: `Do ${index} on ${node}`,
        target: node,
        group: node,
        state: states[index] ?? 'pending',
        stateWhenStopped,
      }),
  );

test('the mark that an earlier step wrote is named, and the node that is left cordoned before', async () => {
  const run = draining(
    {},
    {
      steps: [
        ...steps('w-8', ['done', 'done', 'done']),
        ...steps('w-9', ['done', 'done', 'running']),
        ...steps('w-10', []),
      ],
    },
  );
  await openRun(run);
  await screen.press('C');

  expect(flat()).toContain(`w-8 is then left: cordoned, perhaps marked ${MARK}.`);
  expect(flat()).toContain('w-9 is then left: cordoned, partly drained, perhaps marked');
  expect(flat()).not.toContain('w-10 is then');
  expect(frameProblems(screen.ansi(), 80, 24)).toEqual([]);
});

test('the mark is told as it is seen on the node', () => {
  const run = draining({}, { steps: steps('w-9', ['done', 'done', 'pending']) });
  const seen = (annotations: Readonly<Record<string, string>>, isUnschedulable: boolean) =>
    leftBehind(
      {
        ...busySnapshot(),
        kubeNodes: fresh([
          aKubeNode({}, { name: asNodeName('w-9'), annotations, isUnschedulable }),
        ]),
      },
      run,
    );

  expect(seen({ 'talos-tui/cordoned-by': MARK }, true)).toEqual([
    `w-9 is then left: cordoned, marked ${MARK}.`,
  ]);
  expect(seen({}, true)).toEqual(['w-9 is then left: cordoned.']);
  expect(seen({}, false)).toEqual([]);
});
