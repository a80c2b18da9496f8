import { lineWidth, paragraph } from '../../components/layout.js';
import { LEVEL_TONE, levelSpan } from '../../components/levels.js';
import { BLANK, type Line, line, span } from '../../components/text.js';
import { currentStep, heldStep, isBusy, isOver, whereText } from '../../hooks/run-progress.js';
import { formatClock, formatCount, formatDuration, formatEstimate } from '../../model/format.js';
import type { RunSummary } from '../../model/run.js';
import { unreachable } from '../../model/unreachable.js';
import { RUN_LEVEL } from './level-of.js';

export interface RunLook {
  readonly nowMs: number;
  readonly width: number;
  /** How long runs of this kind took before; null when there was none. */
  readonly usualRunMs: number | null;
  readonly usualStepMs: (step: string) => number | null;
}

/** What the run is, how far it is, and whether it may be left alone. */
export function runHead(run: RunSummary, look: RunLook): readonly Line[] {
  const tookMs = Math.max(0, (run.endedAtMs ?? look.nowMs) - run.startedAtMs);
  const facts = [
    ...placeText(run),
    run.endedAtMs === null
      ? `${isGoingOn(run) ? elapsedText(tookMs) : formatDuration(wholeMinutes(tookMs))}${ofText(run, look)}`
      : `took ${formatDuration(tookMs)}${usualText(look)}`,
    `${formatClock(run.startedAtMs)} by ${run.operator}`,
  ];
  return [
    line(` ${run.summary}`, 'strong'),
    ...factLines(run, facts, look.width),
    ...stateText(run).flatMap((told) => toldLines(told, look.width)),
    BLANK,
  ];
}

/** Who began it and when must not be cut off where it does not fit beside the rest. */
function factLines(run: RunSummary, facts: readonly string[], width: number): readonly Line[] {
  const state = levelSpan(RUN_LEVEL[run.state], run.state);
  const indent = lineWidth([state]) + 3;
  return joined(facts, width - indent - 1).map(
    (text, index): Line => [
      ...(index === 0 ? [span(' '), state, span('  ')] : [span(' '.repeat(indent))]),
      span(text, 'muted'),
    ],
  );
}

/** Broken between facts only. */
function joined(facts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const last = lines.pop();
    const longer = last === undefined ? fact : `${last} · ${fact}`;
    if (last !== undefined && longer.length > width) lines.push(last, fact);
    else lines.push(longer);
  }
  return lines;
}

/** The rest is in what d shows. */
const MOST_LINES = 6;
/** What a run left its nodes in and how to go on stand at the end. */
const KEPT_AT_END = 3;

function toldLines({ text, tone }: Told, width: number): readonly Line[] {
  const lines = paragraph(text, width - 2, tone).map((spans): Line => [span(' '), ...spans]);
  return lines.length <= MOST_LINES
    ? lines
    : [
        ...lines.slice(0, MOST_LINES - 1 - KEPT_AT_END),
        [span(' … (d shows all of it)', 'muted')],
        ...lines.slice(-KEPT_AT_END),
      ];
}

/** `step 3 of 8 · cp-2` while there is something to do. */
function placeText(run: RunSummary): readonly string[] {
  const { steps } = run;
  const step = currentStep(run);
  if (step === undefined || run.endedAtMs !== null) {
    return [`${steps.filter(isOver).length} of ${formatCount(steps.length, 'step')} done`];
  }
  const where = whereText(run);
  return [`step ${steps.indexOf(step) + 1} of ${steps.length}`, ...(where === '' ? [] : [where])];
}

const usualText = ({ usualRunMs }: RunLook): string =>
  usualRunMs === null ? '' : `, usually ${formatDuration(usualRunMs)}`;

/** Against what runs of this kind took before, else against what the plan expected. */
function ofText({ steps }: RunSummary, { usualRunMs }: RunLook): string {
  if (usualRunMs !== null) return `, usually ${formatDuration(usualRunMs)}`;
  const expectedMs = steps.reduce((sum, step) => sum + (step.expectedMs ?? 0), 0);
  return expectedMs === 0 ? '' : ` of about ${formatEstimate(expectedMs)}`;
}

const MINUTE_MS = 60_000;

/** A run that waits is not drawn every second. */
const wholeMinutes = (ms: number): number => Math.max(1, Math.ceil(ms / MINUTE_MS)) * MINUTE_MS;

export const isGoingOn = ({ state }: RunSummary): boolean =>
  state === 'starting' || state === 'running';

/** Whole seconds: fractions of a clock that ticks once a second would be made up. */
export const elapsedText = (ms: number): string =>
  ms < 1000 ? '0 s' : formatDuration(Math.floor(ms / 1000) * 1000);

interface Told {
  readonly text: string;
  readonly tone: 'muted' | 'warn' | 'fail' | 'text';
}

function stateText(run: RunSummary): readonly Told[] {
  const { state, outcome, pause, pid } = run;
  switch (state) {
    case 'starting':
    case 'running':
      return [
        {
          text: `Safe to disconnect: ${alone(run)}${pid === null ? '' : ` (process ${pid})`}.`,
          tone: 'muted',
        },
        ...askedText(run),
        ...(run.steps.some(isBusy) ? [] : [{ text: BETWEEN_STEPS, tone: 'muted' } as const]),
      ];
    case 'paused':
      return [
        { text: `Paused. ${outcome}`, tone: 'warn' },
        {
          text:
            pause?.heldBy === 'operator'
              ? 'o lets it go on, C cancels it.'
              : 'It goes on by itself as soon as that is so; C cancels it.',
          tone: 'text',
        },
        ...overrideText(run),
      ];
    case 'interrupted':
      return [
        {
          text: outcome === '' ? 'Its process ended without a word.' : outcome,
          tone: 'fail',
        },
        {
          text: `o lets it go on: every step is looked at again first.${
            run.steps.some(isBusy) ? ' A command that it had begun may still be at work.' : ''
          }`,
          tone: 'text',
        },
      ];
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return outcome === ''
        ? []
        : [{ text: outcome, tone: state === 'succeeded' ? 'muted' : toneOf(state) }];
    default:
      return unreachable(state);
  }
}

/** A gate that is not for ever: the word of the operator opens it, given where it can be asked for properly. */
function overrideText({ id, pause }: RunSummary): readonly Told[] {
  const gate = pause?.gate ?? null;
  if (gate === null || gate.override === 'no') return [];
  const text = `In spite of ${gate.id}: O, or talos-tui runs resume ${id} --override ${gate.id}`;
  return [{ text, tone: 'muted' }];
}

const BETWEEN_STEPS =
  'Between steps: it reads the cluster again, and looks at what is done already.';

function askedText(run: RunSummary): readonly Told[] {
  const { asked } = run;
  switch (asked) {
    case undefined:
      return [];
    case 'pause':
      return [
        { text: 'Asked to pause: it does so before it begins with another node.', tone: 'warn' },
      ];
    case 'cancel':
      return [{ text: `Asked to stop: it does so ${whenText(run)}.`, tone: 'warn' }];
    default:
      return unreachable(asked);
  }
}

function whenText(run: RunSummary): string {
  const held = heldStep(run);
  if (held === undefined) return 'at the next safe point';
  const { title, commandTimeoutMs: ms } = held;
  const limit = ms == null ? '' : `; that gives up by itself after ${formatEstimate(ms)}`;
  return `when the command of "${title}" has ended${limit}`;
}

const toneOf = (state: 'failed' | 'cancelled'): Told['tone'] =>
  LEVEL_TONE[RUN_LEVEL[state]] === 'fail' ? 'fail' : 'text';

/** What a run does that nobody watches. */
function alone({ steps, keepGoing }: RunSummary): string {
  const isCalm = !steps.some(({ isDisruptive, state }) => isDisruptive && state === 'pending');
  return keepGoing || isCalm
    ? 'it goes on without this console'
    : 'without this console it finishes its step and waits before the next disruptive one';
}
