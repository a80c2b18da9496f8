import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { BLANK, type Line, span } from '../../components/text.js';
import { attempt } from '../../hooks/attempt.js';
import { runsNewestFirst } from '../../hooks/derived.js';
import { currentStep, heldStep, isBusy, isOver } from '../../hooks/run-progress.js';
import { useUi } from '../../hooks/ui.js';
import { DEAF_MS } from '../../hooks/use-confirm.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useOutput } from '../../hooks/use-output.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import { formatCount, formatEstimate, inNumber } from '../../model/format.js';
import type { RunId } from '../../model/ids.js';
import type { RunStepSummary, RunSummary } from '../../model/run.js';
import { leftBehind } from '../parts/left-behind.js';
import type { ViewProps } from '../types.js';
import { dialogPlace } from './frame.js';

interface CancelRunProps extends ViewProps {
  readonly runId: RunId;
  readonly openedAtMs: number;
}

const WIDTH = 76;

/** Says before it is asked for what stopping leaves behind: nothing is undone by it. */
export function CancelRunModal({ runId, openedAtMs, width, height }: CancelRunProps) {
  const ui = useUi();
  const wiring = useWiring();
  const run = useSnapshot((snapshot) => runsNewestFirst(snapshot).find(({ id }) => id === runId));
  const close = () => ui.modal.update(() => null);
  useKeys('cancelRun', {
    stay: close,
    yes({ burst }) {
      if (burst > 1 || wiring.nowMs() - openedAtMs < DEAF_MS) return;
      close();
      attempt(ui, wiring.cancelRun(runId), askedText(run));
    },
  });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const held = run === undefined ? undefined : heldStep(run);
  const printed = useOutput(held === undefined ? null : runId, held?.id ?? null);
  const left = useSnapshot((snapshot) => leftBehind(snapshot, run).join('\n'));
  const lines: readonly Line[] = [
    ...(run === undefined
      ? paragraph('The run has not been heard of yet.', innerWidth)
      : [
          ...paragraph(run.summary, innerWidth, 'strong'),
          BLANK,
          ...consequences(run, lastWords(printed), left).flatMap((each) =>
            paragraph(each, innerWidth),
          ),
        ]),
    BLANK,
    [span('y', 'accent'), span(' cancel the run   '), span('Esc', 'accent'), span(' let it go on')],
  ];
  return (
    <Dialog
      {...dialogPlace({ width, height }, WIDTH, lines.length)}
      title="Cancel this run?"
      lines={lines}
      tone="warn"
      note=""
    />
  );
}

/** Of a run whose process has died nobody stops anything. */
const askedText = (run: RunSummary | undefined): string =>
  run?.state === 'interrupted'
    ? 'The run is closed as cancelled'
    : 'Asked the run to stop at the next safe point';

function consequences(run: RunSummary, printed: string, left: string): readonly string[] {
  const { steps, state } = run;
  const done = steps.filter(isOver).length;
  return [
    ...(state === 'interrupted' ? [] : [stopText(run)]),
    ...(left === '' ? [] : left.split('\n')),
    ...(printed === '' ? [] : [`It printed last: ${printed}`]),
    done === 0
      ? nothingDoneText(steps)
      : `${done} of ${formatCount(steps.length, 'step')} ${inNumber(done, 'is done and stays as it is', 'are done and stay as they are')}: nothing is undone.`,
    'It can go on later from where it stopped: o on the run.',
  ];
}

/** Of a run that goes on again, steps are looked at anew that an earlier process has done. */
const nothingDoneText = (steps: RunSummary['steps']): string =>
  steps.some(({ state, detail }) => state === 'pending' && detail !== '')
    ? 'What was done before it went on again stays as it is: nothing is undone.'
    : 'No step is done yet.';

function stopText(run: RunSummary): string {
  const step = currentStep(run);
  if (step === undefined) return 'Its last step is done: it is about to end by itself.';
  const { title } = step;
  const isAtWork = isBusy(step) && run.state === 'running';
  if (!isAtWork) return `It stops before "${title}".`;
  return heldStep(run) === step
    ? `"${title}" is not cut off half-way: the run stops when its command has ended.${limitText(step)}`
    : `It stops within "${title}".`;
}

/** Many pods may hold it, and one line of each would be too much: the last one is what it waits for now. */
const lastWords = (printed: readonly string[]): string =>
  printed.findLast((text) => text.trim() !== '')?.trim() ?? '';

const limitText = ({ commandTimeoutMs: ms }: RunStepSummary): string =>
  ms == null ? '' : ` That gives up by itself after ${formatEstimate(ms)}.`;
