import { Box } from 'ink';
import { rule } from '../components/layout.js';
import { levelSpan } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { type Line, line, span } from '../components/text.js';
import { wrapText } from '../components/width.js';
import { runsNewestFirst } from '../hooks/derived.js';
import { isBusy } from '../hooks/run-progress.js';
import { usualRunMs, usualStepMs } from '../hooks/run-times.js';
import { useNowMs } from '../hooks/use-now.js';
import { useOutput } from '../hooks/use-output.js';
import { useRunKeys } from '../hooks/use-run-keys.js';
import { useScroll } from '../hooks/use-scroll.js';
import { useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { asRunId } from '../model/ids.js';
import type { RunStepSummary, RunSummary } from '../model/run.js';
import { isGoingOn, type RunLook, runHead } from './parts/run-head.js';
import { runStepLines } from './parts/run-steps.js';
import { runSubject } from './subjects/run.js';
import type { ViewProps } from './types.js';

interface RunViewProps extends ViewProps {
  readonly runId: string;
}

const LEAST_STEP_ROWS = 6;
const LEAST_OUTPUT_ROWS = 4;

/** One run: what it does now, what it waits for, and how long that usually takes. */
export function RunView({ runId, width, height }: RunViewProps) {
  const runs = useSnapshot(runsNewestFirst);
  const run = runs.find(({ id }) => id === runId) ?? null;
  // Seconds are counted only while something happens.
  const isActive = run !== null && isGoingOn(run);
  const nowMs = useNowMs(isActive ? 1000 : 60_000);
  useRunKeys(run);
  useSubjectKeys(run && runSubject(run));

  const shown = run === null ? undefined : stepWithOutput(run);
  const output = useOutput(run === null ? null : asRunId(runId), shown?.id ?? null);
  const look: RunLook = {
    nowMs,
    width,
    usualRunMs: run && usualRunMs(runs, run),
    usualStepMs: (step) => run && usualStepMs(runs, run, step),
  };
  const head = run === null ? startingLines(runId) : runHead(run, look);
  const room = Math.max(1, height - head.length - 1);
  const printed = output.flatMap((text) => wrapText(text, width - 2));
  const reserved = printed.length === 0 ? 0 : Math.min(printed.length + 1, LEAST_OUTPUT_ROWS);
  const steps = run === null ? NO_STEPS : runStepLines(run, look, room - reserved);
  const outputRows = outputHeight(printed.length, steps.lines.length, room);
  const stepRows = room - outputRows;
  const top = useScroll(steps.lines.length, stepRows, steps.currentLine);

  return (
    <Box flexDirection="column" width={width} height={height}>
      <Rows
        lines={[...head, stepsRule(steps.lines.length, stepRows, top, width)]}
        width={width}
        height={head.length + 1}
      />
      <Rows lines={steps.lines.slice(top, top + stepRows)} width={width} height={stepRows} />
      <Rows
        lines={outputLines(printed, shown, outputRows, width)}
        width={width}
        height={outputRows}
      />
    </Box>
  );
}

const NO_STEPS = { lines: [], currentLine: 0 };

const startingLines = (runId: string): readonly Line[] => [
  [span(' '), levelSpan('wait', 'The run is starting')],
  line(`   ${runId}`, 'muted'),
];

/** What the operator wants to read: the step at hand, the one that failed, or the last that ran. */
const stepWithOutput = ({ steps }: RunSummary): RunStepSummary | undefined =>
  steps.find(isBusy) ??
  steps.find(({ state }) => state === 'failed') ??
  steps.findLast(({ startedAtMs }) => startedAtMs !== null);

function stepsRule(count: number, rows: number, top: number, width: number): Line {
  return rule(
    count <= rows ? 'Steps' : `Steps, lines ${top + 1}–${Math.min(top + rows, count)} of ${count}`,
    width,
  );
}

/** Output takes what the steps leave free, and a third of the room when they leave none. */
function outputHeight(lines: number, stepLines: number, room: number): number {
  if (lines === 0) return 0;
  const free = Math.max(room - stepLines, Math.floor(room / 3));
  return Math.max(0, Math.min(lines + 1, free, room - LEAST_STEP_ROWS));
}

const outputLines = (
  output: readonly string[],
  step: RunStepSummary | undefined,
  rows: number,
  width: number,
): readonly Line[] =>
  rows < 2
    ? []
    : [
        rule(`Output of "${step?.title ?? ''}" (l all of it)`, width),
        ...output.slice(1 - rows).map((text) => line(` ${text}`, 'muted')),
      ];
