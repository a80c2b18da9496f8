import { useState } from 'react';
import type { Refusal } from '../../actions/types.js';
import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { BLANK, type Line, span } from '../../components/text.js';
import { useUi } from '../../hooks/ui.js';
import { useActionDialog } from '../../hooks/use-action-dialog.js';
import { type ActionRequest, openAction } from '../../hooks/use-actions.js';
import type { InspectionView } from '../../hooks/use-inspection.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useWiring } from '../../hooks/wiring.js';
import { unreachable } from '../../model/unreachable.js';
import type { ViewProps } from '../types.js';
import { AnswersModal } from './answers.js';
import { ConfirmModal } from './confirm.js';
import { FormModal } from './form.js';
import { dialogPlace } from './frame.js';

interface ActionDialogProps extends ViewProps {
  readonly request: ActionRequest;
}

/** Everything between the key of an action and its run; what it shows follows the cluster. */
export function ActionDialogModal({ request, ...screen }: ActionDialogProps) {
  const { action, answers, tried, underCursor } = request;
  const { stage, inspection } = useActionDialog(action, answers);
  const wiring = useWiring();
  const [isChanging, setIsChanging] = useState(false);
  const back = () => setIsChanging(false);
  if (isChanging) return <AnswersModal {...screen} {...{ request, inspection, back }} />;
  const hasAnswers = wiring.options(action, answers).length > 0;
  const change = hasAnswers ? () => setIsChanging(true) : null;
  const shown = { ...screen, title: action.title, inspection, change };
  switch (stage.kind) {
    case 'form':
      return (
        <FormModal
          key={stage.form.questions.map(({ name }) => name).join(' ')}
          {...screen}
          asked={{ action, form: stage.form, earlier: answers, tried, underCursor }}
          inspection={inspection}
        />
      );
    case 'refused':
      return <NoPlan {...shown} request={request} lines={refusalText(stage.refusal)} />;
    case 'reading':
      return stage.plan === null ? (
        <NoPlan {...shown} request={request} lines={readingText(inspection)} />
      ) : (
        <ConfirmModal {...shown} plan={stage.plan} shownAtMs={null} />
      );
    case 'plan':
      return <ConfirmModal {...shown} plan={stage.plan} shownAtMs={stage.shownAtMs} />;
    default:
      return unreachable(stage);
  }
}

type Build = (width: number) => readonly Line[];

const refusalText =
  ({ reason, hint, gate }: Refusal): Build =>
  (width) => [
    [
      levelSpan(
        'fail',
        gate === null ? 'This cannot be done now' : `This cannot be done now: ${gate}`,
      ),
    ],
    BLANK,
    ...paragraph(reason, width),
    ...paragraph(hint, width, 'accent'),
  ];

const readingText =
  ({ what }: InspectionView): Build =>
  (width) =>
    paragraph(`◌ Reading ${what}.`, width, 'wait');

interface NoPlanProps extends ViewProps {
  readonly request: ActionRequest;
  readonly lines: Build;
  /** Null where the action takes no answers. */
  readonly change: (() => void) | null;
}

const WIDTH = 76;

/** There is nothing to consent to: not yet, or not now. It goes on by itself when that changes. */
function NoPlan({ request, lines, change, width, height }: NoPlanProps) {
  const ui = useUi();
  const wiring = useWiring();
  const { action, answers, before } = request;
  useKeys('notice', {
    close: () => ui.modal.update(() => null),
    ...(change !== null && { change }),
    ...(before !== null && {
      back: () => openAction(wiring, ui, { action, answers: before, tried: answers, before: null }),
    }),
  });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const keys: Line = [
    ...(before === null ? [] : [span('Enter', 'accent'), span(' ask again   ')]),
    ...(change === null ? [] : [span('e', 'accent'), span(' change answers   ')]),
    span('Esc', 'accent'),
    span(' close'),
  ];
  const body = [...lines(innerWidth), BLANK, keys];
  return (
    <Dialog
      {...dialogPlace({ width, height }, WIDTH, body.length)}
      title={action.title}
      lines={body}
      tone="accent"
      note=""
    />
  );
}
