import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { BLANK, type Line, span } from '../../components/text.js';
import { attempt } from '../../hooks/attempt.js';
import { runsNewestFirst } from '../../hooks/derived.js';
import { currentStep, isBusy, isOver } from '../../hooks/run-progress.js';
import { useUi } from '../../hooks/ui.js';
import { DEAF_MS } from '../../hooks/use-confirm.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import type { RunId } from '../../model/ids.js';
import type { RunSummary } from '../../model/run.js';
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
      attempt(ui, wiring.cancelRun(runId), 'Asked the run to stop at the next safe point');
    },
  });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const lines: readonly Line[] = [
    ...(run === undefined
      ? paragraph('The run has not been heard of yet.', innerWidth)
      : [
          ...paragraph(run.summary, innerWidth, 'strong'),
          BLANK,
          ...consequences(run).flatMap((each) => paragraph(each, innerWidth)),
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

function consequences(run: RunSummary): readonly string[] {
  const { steps, state } = run;
  const done = steps.filter(isOver).length;
  return [
    ...(state === 'interrupted' ? [] : [stopText(run)]),
    done === 0
      ? 'No step is done yet.'
      : `${done} of ${steps.length} steps are done and stay as they are: nothing is undone.`,
    'It can go on later from where it stopped: o on the run.',
  ];
}

function stopText(run: RunSummary): string {
  const step = currentStep(run);
  if (step === undefined) return 'Its last step is done: it is about to end by itself.';
  if (!isBusy(step)) return `It stops before "${step.title}".`;
  const { title, isDisruptive, stateWhenStopped, target } = step;
  const left =
    stateWhenStopped === '' ? '' : ` ${target ?? 'What it changes'} is left ${stateWhenStopped}.`;
  return isDisruptive && run.state === 'running'
    ? `"${title}" is not cut off half-way: the run stops when its command has ended.${left}`
    : `It stops within "${title}".${left}`;
}
