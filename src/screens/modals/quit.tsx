import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { type Line, span } from '../../components/text.js';
import { useUi } from '../../hooks/ui.js';
import { useKeys } from '../../hooks/use-keys.js';
import { askToCancel } from '../../hooks/use-run-keys.js';
import { useWiring } from '../../hooks/wiring.js';
import type { RunId } from '../../model/ids.js';
import type { ViewProps } from '../types.js';
import { dialogPlace } from './frame.js';

interface QuitProps extends ViewProps {
  readonly runSummary: string;
  readonly runId: RunId;
}

const WIDTH = 70;

/** Leaving is always safe; it is asked so that nobody leaves by accident what they wanted to watch. */
export function QuitModal({ runSummary, runId, width, height }: QuitProps) {
  const ui = useUi();
  const wiring = useWiring();
  const close = () => ui.modal.update(() => null);
  useKeys('quit', {
    leave: wiring.quit,
    stay: close,
    cancel: () => askToCancel(wiring, ui, runId),
  });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const lines: readonly Line[] = [
    ...paragraph(runSummary, innerWidth, 'strong'),
    ...paragraph(
      'is still running, in a process of its own: it goes on without this console.',
      innerWidth,
    ),
    [],
    [
      span('y', 'accent'),
      span(' leave, it goes on   '),
      span('C', 'accent'),
      span(' cancel the run   '),
      span('Esc', 'accent'),
      span(' stay'),
    ],
  ];
  return (
    <Dialog
      {...dialogPlace({ width, height }, WIDTH, lines.length)}
      title="A run is active"
      lines={lines}
      tone="warn"
      note=""
    />
  );
}
