import { cutLine, lineWidth, paragraph, spread } from '../../components/layout.js';
import { LEVEL_TONE, levelSpan, levelText } from '../../components/levels.js';
import { type Line, line, span } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import {
  currentStep,
  isBusy,
  isOver,
  type StepGroup,
  stepGroups,
} from '../../hooks/run-progress.js';
import { formatCount, formatDuration, formatEstimate } from '../../model/format.js';
import type { RunStepSummary, RunSummary } from '../../model/run.js';
import { STEP_LEVEL } from './level-of.js';
import { elapsedText, isGoingOn, type RunLook } from './run-head.js';

export interface StepsView {
  readonly lines: readonly Line[];
  /** The line of what happens now: it is kept in view. */
  readonly currentLine: number;
}

/**
 * All steps, and what proved them, where there is room. Where there is little, of several nodes only the one at hand
 * in full, and then without proofs.
 */
export function runStepLines(run: RunSummary, look: RunLook, rows: number): StepsView {
  const hasEnded = run.endedAtMs !== null;
  const ways: readonly (readonly [isFolded: boolean, proofs: Proofs])[] = [
    [false, 'whole'],
    [false, 'cut'],
    ...(hasEnded ? ([[false, 'none']] as const) : []),
    [true, 'cut'],
    [true, 'none'],
  ];
  const views = ways.map(
    ([isFolded, proofs]) =>
      () =>
        stepsView(run, { ...look, isFolded, proofs, run }),
  );
  return firstThatFits(views, rows);
}

function firstThatFits(views: readonly (() => StepsView)[], rows: number): StepsView {
  let view: StepsView = { lines: [], currentLine: 0 };
  for (const next of views) {
    view = next();
    if (view.lines.length <= rows) break;
  }
  return view;
}

/** What proved the steps that are done: all of it, one line of it each, or nothing. */
type Proofs = 'whole' | 'cut' | 'none';

function stepsView(run: RunSummary, look: StepLook): StepsView {
  const groups = stepGroups(run);
  const lines: Line[] = [];
  const current = run.steps.find(({ state }) => state === 'failed') ?? currentStep(run);
  let currentLine = 0;
  const next = run.endedAtMs === null ? groups.find((group) => !isDone(group)) : undefined;
  for (const group of groups) {
    if (look.isFolded && groups.length > 1 && group !== next && isFoldable(group)) {
      lines.push(foldedLine(group, look));
      continue;
    }
    if (group.name !== null && groups.length > 1) lines.push([span(` ${group.name}`, 'accent')]);
    for (const { step, number } of group.steps) {
      lines.push(...stepLines(step, number, look));
      if (step === current) currentLine = lines.length;
    }
  }
  return { lines, currentLine };
}

/** Nothing of it happens now: all done, or none begun. */
const isFoldable = (group: StepGroup): boolean =>
  isDone(group) || group.steps.every(({ step }) => step.state === 'pending');

const isDone = ({ steps }: StepGroup): boolean => steps.every(({ step }) => isOver(step));

function foldedLine(group: StepGroup, { width }: RunLook): Line {
  const { name, steps } = group;
  const isOld = isDone(group);
  const ms = isOld ? tookMs(steps.map(({ step }) => step)) : expectedMs(steps);
  const text = `${name ?? 'cluster'}  ${formatCount(steps.length, 'step')} ${isOld ? 'done' : 'to do'}`;
  const time = ms === 0 ? '' : `${isOld ? formatDuration(ms) : `about ${formatEstimate(ms)}`} `;
  return spread(
    [span(' '), isOld ? levelSpan('ok', text) : levelSpan('none', text)],
    [span(time, 'muted')],
    width,
  );
}

const expectedMs = (steps: StepGroup['steps']): number =>
  steps.reduce((sum, { step }) => sum + (step.expectedMs ?? 0), 0);

function tookMs(steps: readonly RunStepSummary[]): number {
  const starts = steps.flatMap(({ startedAtMs }) => (startedAtMs === null ? [] : [startedAtMs]));
  const ends = steps.flatMap(({ endedAtMs }) => (endedAtMs === null ? [] : [endedAtMs]));
  return starts.length === 0 || ends.length === 0 ? 0 : Math.max(...ends) - Math.min(...starts);
}

const DETAIL_INDENT = 7;
/** A command with all its flags must not push what happens next off the screen. */
const MOST_DETAIL_LINES = 3;

interface StepLook extends RunLook {
  readonly run: RunSummary;
  /** Nodes at which nothing happens take one line. */
  readonly isFolded: boolean;
  readonly proofs: Proofs;
}

function stepLines(step: RunStepSummary, number: number, look: StepLook): readonly Line[] {
  const { state, title, detail, target, group } = step;
  // What a dead process was at may be done or not.
  const level = isBusy(step) && look.run.state === 'interrupted' ? 'unknown' : STEP_LEVEL[state];
  const isNamed = target === null || target === group || title.includes(target);
  const left: Line = [
    span(` ${levelText(level, '')} ${fitTo(String(number), 2, 'right')}  `, LEVEL_TONE[level]),
    span(title, state === 'pending' ? 'muted' : isBusy(step) ? 'strong' : 'text'),
    ...(isNamed ? [] : [span(` on ${target}`, 'muted')]),
  ];
  const times = stepTimes(step, look);
  const time =
    times.find((each) => lineWidth(left) + each.length + 3 <= look.width) ?? times.at(-1);
  return [
    spread(left, [span(`  ${time ?? ''} `, 'muted')], look.width),
    ...(detail === '' && state === 'running' && isGoingOn(look.run) ? [LOOKING] : []),
    ...(detail === '' || (isOver(step) && look.proofs === 'none') ? [] : detailLines(step, look)),
  ];
}

const LOOKING = line(`${' '.repeat(DETAIL_INDENT)}looks first whether it is so already`, 'muted');

const WORDS: Readonly<Record<RunStepSummary['state'], string>> = {
  pending: 'stopped',
  running: 'running',
  waiting: 'waiting',
  done: 'done',
  'already-done': 'already done',
  failed: 'failed',
};

function detailLines(step: RunStepSummary, { width, run, proofs }: StepLook): readonly Line[] {
  const { state, detail } = step;
  const room = width - DETAIL_INDENT - 1;
  // Of a run that goes on again: what an earlier process saw of a step that is looked at anew.
  const isOfEarlier = state === 'pending' && (isGoingOn(run) || step.endedAtMs === null);
  const word = isOfEarlier ? 'before' : WORDS[state];
  const isTold = isOver(step) || state === 'failed';
  const text = `${word}: ${isTold ? detail : shortCommand(detail)}`;
  const indent = span(' '.repeat(DETAIL_INDENT));
  if (isOver(step) && proofs === 'cut') return [[indent, ...cutLine([span(text, 'muted')], room)]];
  const lines = paragraph(text, room, state === 'failed' ? 'fail' : 'muted');
  const shown =
    state === 'failed' || isOver(step) || lines.length <= MOST_DETAIL_LINES
      ? lines
      : [...lines.slice(0, MOST_DETAIL_LINES - 1), [span('…', 'muted')]];
  return shown.map((spans): Line => [indent, ...spans]);
}

const CONNECTION_FLAGS =
  / --(talosconfig|kubeconfig|context|kube-context|endpoints|request-timeout)[ =]\S+/g;

/** Without the flags that every command has: the plan, the log and the script show all of it. */
const shortCommand = (text: string): string => text.replaceAll(CONNECTION_FLAGS, '');

/** The first one that leaves room for the title is shown, else the last. */
function stepTimes(
  step: RunStepSummary,
  { nowMs, usualStepMs, run, proofs }: StepLook,
): readonly string[] {
  const { startedAtMs, endedAtMs, state, id } = step;
  const usual = usualStepMs(id);
  const usually = usual === null ? aboutText(step) : `usually ${formatDuration(usual)}`;
  if (startedAtMs === null) return state === 'pending' ? [usually, ''] : [''];
  // Where no proof says so, nothing else tells that this run has not done it.
  if (state === 'already-done' && proofs === 'none') return ['already done'];
  if (endedAtMs !== null) return [formatDuration(endedAtMs - startedAtMs)];
  if (!isBusy(step) || !isGoingOn(run)) return [usually, ''];
  const elapsed = elapsedText(Math.max(0, nowMs - startedAtMs));
  return usually === '' ? [elapsed] : [`${elapsed} (${usually})`, elapsed];
}

const aboutText = ({ expectedMs: ms }: RunStepSummary): string =>
  ms === null || ms === 0 ? '' : `about ${formatEstimate(ms)}`;
