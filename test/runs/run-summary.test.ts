import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asRunId } from '../../src/model/ids.js';
import { readJournal } from '../../src/runs/journal-lines.js';
import { type Liveness, runSummary } from '../../src/runs/run-summary.js';
import type { JournalLine } from '../../src/runs/types.js';
import { NOW_MS } from '../support/builders.js';
import { aRequest } from '../support/run-world.js';

const fold = (
  journal: readonly JournalLine[],
  liveness: Liveness = 'alive',
  nowMs = NOW_MS + 1_000,
) =>
  runSummary({ id: asRunId('20261120T120000Z-x'), request: aRequest(), journal, liveness, nowMs });

type Timeless<T> = T extends JournalLine ? Omit<T, 'atMs'> : never;
const at = (seconds: number, line: Timeless<JournalLine>): JournalLine =>
  ({ atMs: NOW_MS + seconds * 1_000, ...line }) as JournalLine;

const STARTED = at(1, {
  type: 'started',
  pid: 42,
  processStart: 'boot:1',
  host: 'pve1',
  resumed: false,
});

const WHOLE: readonly JournalLine[] = [
  STARTED,
  at(1, { type: 'gate', id: 'G-ETCD', state: 'green', text: 'ok' }),
  at(2, { type: 'step', step: 'one', title: 'Do one' }),
  at(3, { type: 'intent', step: 'one', command: 'talosctl x', argv: ['talosctl', 'x'] }),
  at(3, { type: 'pid', step: 'one', pid: 43, processStart: 'boot:2' }),
  at(4, { type: 'observed', step: 'one', lastSeen: 'half' }),
  at(5, {
    type: 'exit',
    step: 'one',
    exitCode: 0,
    durationMs: 9,
    argv: ['talosctl', 'x'],
    effect: 'change',
  }),
  at(6, { type: 'done', step: 'one', evidence: 'one is so' }),
  at(7, { type: 'step', step: 'two', title: 'Do two' }),
  at(8, { type: 'already-done', step: 'two', evidence: 'two was so' }),
  at(9, { type: 'succeeded', evidence: 'Do things: 2 steps proven.' }),
];

test('tells how far a run is, step by step', () => {
  expect(fold(WHOLE.slice(0, 6))).toMatchObject({
    state: 'running',
    pid: 42,
    endedAtMs: null,
    steps: [
      { id: 'one', state: 'waiting', detail: 'half', startedAtMs: NOW_MS + 2_000, endedAtMs: null },
      { id: 'two', state: 'pending' },
    ],
  });
  expect(fold(WHOLE)).toMatchObject({
    state: 'succeeded',
    endedAtMs: NOW_MS + 9_000,
    outcome: 'Do things: 2 steps proven.',
    steps: [
      { state: 'done', detail: 'one is so', endedAtMs: NOW_MS + 6_000 },
      { state: 'already-done', detail: 'two was so' },
    ],
  });
});

test('calls a run interrupted as soon as its process is gone without a closing line', () => {
  expect(fold(WHOLE.slice(0, 6), 'dead')).toMatchObject({
    state: 'interrupted',
    pid: null,
    outcome: expect.stringContaining('Resume it'),
  });
  expect(fold([], null)).toMatchObject({ state: 'starting' });
  expect(fold([], null, NOW_MS + 60_000)).toMatchObject({ state: 'interrupted' });
});

test('shows a pause with its reason until the run goes on', () => {
  const paused = at(3, { type: 'paused', reason: 'G-ETCD: red.', waitsFor: 'Start cp-2.' });
  const before = [...WHOLE.slice(0, 3), paused];

  expect(fold(before)).toMatchObject({
    state: 'paused',
    outcome: 'G-ETCD: red. Waits for: Start cp-2.',
  });
  expect(fold([...before, at(4, { type: 'note', text: 'Goes on.' })]).state).toBe('running');
  expect(fold(before, 'dead').state).toBe('interrupted');
});

test('tells whether a paused run waits for the operator, and which gate holds it', () => {
  const pausedBy = (line: object) =>
    fold([STARTED, at(3, { type: 'paused', reason: 'Held.', waitsFor: 'it', ...line })]);
  const gate = { id: 'G-ETCD', override: 'type' } as const;

  expect(pausedBy({ heldBy: 'operator' }).pause).toEqual({ heldBy: 'operator', gate: null });
  expect(pausedBy({ heldBy: 'world', gate }).pause).toEqual({ heldBy: 'world', gate });
  const on = [STARTED, at(3, { type: 'paused', reason: 'Held.', waitsFor: 'it' })];
  expect(fold([...on, at(4, { type: 'note', text: 'Goes on.' })]).pause).toBeNull();
  expect(fold(on, 'dead').pause).toBeNull();
});

test('a pause in the journal of an older version is told by its words', () => {
  const [operator, world] = ['the operator: resume the run', 'Start cp-2.'].map((waitsFor) =>
    readJournal(`${JSON.stringify({ atMs: 1, type: 'paused', reason: 'Held.', waitsFor })}\n`),
  );

  expect(fold([STARTED, ...(operator?.lines ?? [])]).pause?.heldBy).toBe('operator');
  expect(fold([STARTED, ...(world?.lines ?? [])]).pause?.heldBy).toBe('world');
});

test('keeps the error with the step that failed, and forgets it when the run is resumed', () => {
  const failed = [
    ...WHOLE.slice(0, 4),
    at(5, { type: 'failed', step: 'one', error: 'No.', hint: 'Ask.', state: 'No step is done.' }),
  ];

  expect(fold(failed, 'dead')).toMatchObject({
    state: 'failed',
    outcome: 'No. Ask. No step is done.',
    steps: [{ state: 'failed', detail: 'No.' }, { state: 'pending' }],
  });
  expect(fold([...failed, { ...STARTED, atMs: NOW_MS + 6_000 }])).toMatchObject({
    state: 'running',
    outcome: '',
    steps: [{ state: 'pending' }, { state: 'pending' }],
  });
});

const lineText = (line: JournalLine) => `${JSON.stringify(line)}\n`;
const TEXT = WHOLE.map(lineText).join('');

test('takes any beginning of a journal, and success only with its closing line', () => {
  fc.assert(
    fc.property(
      fc.nat(TEXT.length),
      fc.constantFrom<Liveness>('alive', 'dead', null),
      (length, liveness) => {
        const { lines, takenLength } = readJournal(TEXT.slice(0, length));
        const { state } = fold(lines, liveness);
        expect(takenLength).toBeLessThanOrEqual(length);
        expect(state === 'succeeded').toBe(length === TEXT.length);
      },
    ),
  );
});

test('passes over garbage between the lines without calling anything a success', () => {
  const garbage = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom('{"type":"succeeded"}', '{"type":"succeeded","atMs":"1","evidence":"x"}', '[]'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(WHOLE.length - 1), garbage)), (insertions) => {
      const lines = WHOLE.slice(0, -1).map((line) => JSON.stringify(line));
      for (const [index, text] of insertions) lines.splice(index, 0, text);
      const { lines: read } = readJournal(`${lines.join('\n')}\n`);

      expect(read).toEqual(WHOLE.slice(0, -1));
      expect(fold(read).state).not.toBe('succeeded');
    }),
  );
});

test('folds any sequence of lines without throwing, to success only when that came last', () => {
  const order = fc.array(fc.nat(WHOLE.length - 1), { maxLength: 30 });
  fc.assert(
    fc.property(order, fc.constantFrom<Liveness>('alive', 'dead', null), (indices, liveness) => {
      const lines = indices.flatMap((index) => WHOLE[index] ?? []);
      const { state } = fold(lines, liveness);
      expect(state === 'succeeded').toBe(lines.at(-1)?.type === 'succeeded');
    }),
  );
});

test('the time that a step waits for leave is not its own', () => {
  const journal: readonly JournalLine[] = [
    STARTED,
    at(2, { type: 'step', step: 'one', title: 'Do one' }),
    at(3, { type: 'paused', reason: 'G-ETCD', waitsFor: 'repair' }),
    at(9, { type: 'gate', id: 'G-ETCD', state: 'green', text: 'ok' }),
    at(10, { type: 'note', text: 'Goes on.' }),
  ];
  expect(fold(journal).steps[0]?.startedAtMs).toBe(NOW_MS + 10_000);
});

test('a pause lasts until the run goes on, whatever is noted meanwhile', () => {
  const paused: readonly JournalLine[] = [
    STARTED,
    { type: 'step', atMs: NOW_MS, step: 'one', title: 'Do one' },
    { type: 'paused', atMs: NOW_MS, reason: 'G-ETCD: 2 of 3', waitsFor: 'Start cp-2.' },
    { type: 'gate', atMs: NOW_MS, id: 'G-ETCD', state: 'unknown', text: 'no answer' },
    { type: 'note', atMs: NOW_MS, text: 'The Lease kube-system/talos-tui cannot be kept now.' },
  ];
  expect(fold(paused).state).toBe('paused');
  expect(fold([...paused, { type: 'note', atMs: NOW_MS, text: 'Goes on.' }]).state).toBe('running');
});

test('remembers that a step was begun, whatever a later look or an end says of it', () => {
  const begun = WHOLE.slice(0, 6);
  const cancelled = [...begun, at(6, { type: 'cancelled', state: 'x', hint: 'Resume it.' })];
  expect(fold(cancelled).steps).toMatchObject([{ state: 'pending', isBegun: true }, {}]);
  expect(fold([...cancelled, STARTED]).steps[0]).toMatchObject({ state: 'pending', isBegun: true });
  expect(fold(cancelled).steps[1]?.isBegun).toBeUndefined();
});
