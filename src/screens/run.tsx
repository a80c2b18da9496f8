import { paragraph, rule, spread } from '../components/layout.js';
import { LEVEL_TONE, levelSpan, levelText } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { BLANK, type Line, line, span } from '../components/text.js';
import { fitTo } from '../components/width.js';
import { runsNewestFirst } from '../hooks/derived.js';
import { usualRunMs, usualStepMs } from '../hooks/run-times.js';
import { useNowMs } from '../hooks/use-now.js';
import { useRunKeys } from '../hooks/use-run-keys.js';
import { useScroll } from '../hooks/use-scroll.js';
import { useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { formatClock, formatDuration } from '../model/format.js';
import type { RunState, RunStepSummary, RunSummary } from '../model/run.js';
import { unreachable } from '../model/unreachable.js';
import { RUN_LEVEL, STEP_LEVEL } from './parts/level-of.js';
import { runSubject } from './subjects/run.js';
import type { ViewProps } from './types.js';

interface RunViewProps extends ViewProps {
  readonly runId: string;
}

const ACTIVE: readonly RunState[] = ['starting', 'running'];

/** One run: what it does now, what it waits for, and how long that usually takes. */
export function RunView({ runId, width, height }: RunViewProps) {
  const runs = useSnapshot(runsNewestFirst);
  const run = runs.find(({ id }) => id === runId) ?? null;
  // Seconds are counted only while something happens.
  const isActive = run !== null && ACTIVE.includes(run.state);
  const nowMs = useNowMs(isActive ? 1000 : 60_000);
  useRunKeys(run);
  useSubjectKeys(run && runSubject(run));
  const lines =
    run === null
      ? [[span(' '), levelSpan('wait', 'The run is starting')], line(`   ${runId}`, 'muted')]
      : runLines(run, runs, nowMs, width);
  const top = useScroll(lines.length, height);
  return <Rows lines={lines.slice(top)} width={width} height={height} />;
}

function runLines(
  run: RunSummary,
  runs: readonly RunSummary[],
  nowMs: number,
  width: number,
): readonly Line[] {
  const level = RUN_LEVEL[run.state];
  const usual = usualRunMs(runs, run);
  const tookMs = Math.max(0, (run.endedAtMs ?? nowMs) - run.startedAtMs);
  const times = [
    `started ${formatClock(run.startedAtMs)} by ${run.operator}`,
    run.endedAtMs === null ? `${elapsedText(tookMs)} so far` : `took ${formatDuration(tookMs)}`,
    ...(usual === null ? [] : [`usually ${formatDuration(usual)}`]),
  ];
  return [
    line(` ${run.summary}`, 'strong'),
    [span(' '), levelSpan(level, run.state), span(`  ${times.join(' · ')}`, 'muted')],
    ...stateLines(run, width),
    BLANK,
    rule('Steps', width),
    ...run.steps.flatMap((step, index) =>
      stepLines(step, index + 1, {
        nowMs,
        width,
        usualMs: usualStepMs(runs, run, step.id),
      }),
    ),
    ...outcomeLines(run, width),
  ];
}

/** Whole seconds: fractions of a clock that ticks once a second would be made up. */
const elapsedText = (ms: number): string =>
  ms < 1000 ? '0 s' : formatDuration(Math.floor(ms / 1000) * 1000);

function stateLines({ state, pid, outcome }: RunSummary, width: number): readonly Line[] {
  switch (state) {
    case 'starting':
    case 'running':
      return [
        BLANK,
        ...paragraph(
          `Safe to disconnect: it runs in a process of its own${pid === null ? '' : ` (${pid})`} and goes on without this console.`,
          width - 2,
          'muted',
        ).map(indent),
      ];
    case 'paused':
      return paragraph(
        `Paused: ${outcome || 'waiting for a gate'}. p resumes it.`,
        width - 2,
        'warn',
      ).map(indent);
    case 'interrupted':
      return paragraph(
        'Its process died without a last word. p resumes it: every step is looked at again first.',
        width - 2,
        'fail',
      ).map(indent);
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return [];
    default:
      return unreachable(state);
  }
}

const indent = (spans: Line): Line => [span(' '), ...spans];

interface StepContext {
  readonly nowMs: number;
  readonly width: number;
  readonly usualMs: number | null;
}

function stepLines(step: RunStepSummary, number: number, context: StepContext): readonly Line[] {
  const level = STEP_LEVEL[step.state];
  const isBusy = step.state === 'running' || step.state === 'waiting';
  const left: Line = [
    span(` ${levelText(level, '')} ${fitTo(String(number), 2, 'right')}  `, LEVEL_TONE[level]),
    span(step.title, step.state === 'pending' ? 'muted' : isBusy ? 'strong' : 'text'),
  ];
  const right: Line = [span(`  ${stepTime(step, context)} `, 'muted')];
  const word = step.state === 'already-done' ? 'already done' : step.state;
  const detail =
    step.detail === ''
      ? []
      : paragraph(
          `${word}: ${step.detail}`,
          context.width - 9,
          step.state === 'failed' ? 'fail' : 'muted',
        );
  return [
    spread(left, right, context.width),
    ...detail.map((spans): Line => [span('       '), ...spans]),
  ];
}

function stepTime(
  { startedAtMs, endedAtMs, state }: RunStepSummary,
  { nowMs, usualMs }: StepContext,
): string {
  if (startedAtMs === null) return state === 'pending' ? 'to do' : '';
  const usual = usualMs === null ? '' : ` (usually ${formatDuration(usualMs)})`;
  if (endedAtMs !== null) return formatDuration(endedAtMs - startedAtMs);
  return `${elapsedText(Math.max(0, nowMs - startedAtMs))}${usual}`;
}

function outcomeLines({ state, outcome }: RunSummary, width: number): readonly Line[] {
  if (outcome === '' || state === 'paused') return [];
  const level = RUN_LEVEL[state];
  return [
    BLANK,
    rule('Outcome', width),
    ...paragraph(outcome, width - 2, LEVEL_TONE[level]).map(indent),
  ];
}
