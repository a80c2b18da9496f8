import type { Action, Answers, Refusal } from '../../actions/types.js';
import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { BLANK, type Line, span } from '../../components/text.js';
import { useUi } from '../../hooks/ui.js';
import { useActionDialog } from '../../hooks/use-action-dialog.js';
import type { InspectionView } from '../../hooks/use-inspection.js';
import { useKeys } from '../../hooks/use-keys.js';
import { unreachable } from '../../model/unreachable.js';
import type { ViewProps } from '../types.js';
import { ConfirmModal } from './confirm.js';
import { FormModal } from './form.js';
import { dialogPlace } from './frame.js';

interface ActionDialogProps extends ViewProps {
  readonly action: Action;
  readonly answers: Answers;
}

/** Everything between the key of an action and its run; what it shows follows the cluster. */
export function ActionDialogModal({ action, answers, ...screen }: ActionDialogProps) {
  const { stage, inspection } = useActionDialog(action, answers);
  switch (stage.kind) {
    case 'form':
      return (
        <FormModal
          key={stage.form.questions.map(({ name }) => name).join(' ')}
          {...screen}
          action={action}
          form={stage.form}
          answers={answers}
          inspection={inspection}
        />
      );
    case 'refused':
      return <NoPlan {...screen} title={action.title} lines={refusalText(stage.refusal)} />;
    case 'reading':
      return stage.plan === null ? (
        <NoPlan {...screen} title={action.title} lines={readingText(inspection)} />
      ) : (
        <ConfirmModal
          {...screen}
          title={action.title}
          plan={stage.plan}
          shownAtMs={null}
          inspection={inspection}
        />
      );
    case 'plan':
      return (
        <ConfirmModal
          {...screen}
          title={action.title}
          plan={stage.plan}
          shownAtMs={stage.shownAtMs}
          inspection={inspection}
        />
      );
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
  readonly title: string;
  readonly lines: Build;
}

const WIDTH = 76;

/** There is nothing to consent to: not yet, or not now. It goes on by itself when that changes. */
function NoPlan({ title, lines, width, height }: NoPlanProps) {
  const ui = useUi();
  useKeys('notice', { close: () => ui.modal.update(() => null) });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const body = [...lines(innerWidth), BLANK, [span('Esc', 'accent'), span(' close')]];
  return (
    <Dialog
      {...dialogPlace({ width, height }, WIDTH, body.length)}
      title={title}
      lines={body}
      tone="accent"
      note=""
    />
  );
}
