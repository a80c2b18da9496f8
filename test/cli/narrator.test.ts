import { expect, test } from 'vitest';
import { createNarrator } from '../../src/cli/narrator.js';
import { NOW_MS } from '../support/builders.js';
import { aRunStep } from '../support/run-summaries.js';
import { aRequest } from '../support/run-world.js';

const at = (seconds: number): number => NOW_MS + seconds * 1_000;

const request = aRequest({
  steps: [
    aRunStep({ id: 'cordon', title: 'Cordon cp-1', target: 'cp-1', expectedMs: 1_000 }),
    aRunStep({ id: 'reboot', title: 'Reboot', target: 'cp-1', expectedMs: 120_000 }),
  ],
});

test('a followed run tells step, node, what it waits for, and the time against what is usual', () => {
  const narrator = createNarrator(request);
  const told = [
    narrator.tell({ type: 'step', atMs: at(0), step: 'cordon', title: 'Cordon cp-1' }),
    narrator.tell({ type: 'done', atMs: at(2), step: 'cordon', evidence: 'unschedulable' }),
    narrator.tell({ type: 'step', atMs: at(3), step: 'reboot', title: 'Reboot' }),
    narrator.tell({ type: 'observed', atMs: at(43), step: 'reboot', lastSeen: 'stage booting' }),
    narrator.remind(at(103)),
    narrator.tell({ type: 'done', atMs: at(113), step: 'reboot', evidence: 'another boot id' }),
    narrator.remind(at(200)),
  ];

  expect(told).toEqual([
    '[1/2] Cordon cp-1 · usually 1 s',
    '  proved after 2 s of about 1 s: unschedulable',
    '[2/2] cp-1 · Reboot · usually 2 min',
    '  40 s of about 2 min · stage booting',
    '  1 min 40 s of about 2 min · stage booting',
    '  proved after 1 min 50 s of about 2 min: another boot id',
    null,
  ]);
});

test('a pause is told with what it waits for, and a clock that went back makes no negative time', () => {
  const narrator = createNarrator(request);
  narrator.tell({ type: 'step', atMs: at(100), step: 'reboot', title: 'Reboot' });

  expect(
    narrator.tell({
      type: 'paused',
      atMs: at(101),
      reason: 'G-ETCD: 2 of 3 healthy',
      waitsFor: 'Start cp-2.',
    }),
  ).toBe('paused: G-ETCD: 2 of 3 healthy. Waits for: Start cp-2.');
  expect(narrator.remind(at(40))).toBe('  0 ms of about 2 min · paused, Start cp-2.');
});

test('what a resumed run finds before its first step is told without the time of the step before', () => {
  const narrator = createNarrator(request);
  narrator.tell({ type: 'step', atMs: at(0), step: 'reboot', title: 'Reboot' });
  narrator.tell({
    type: 'started',
    atMs: at(9),
    pid: 1,
    processStart: '',
    host: 'pve1',
    resumed: true,
  });

  expect(
    narrator.tell({ type: 'observed', atMs: at(10), step: 'reboot', lastSeen: 'it still runs' }),
  ).toBe('  waiting: it still runs');
  expect(narrator.remind(at(40))).toBeNull();
});
