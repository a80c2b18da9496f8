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
import { ConfirmModal } from './confirm.js';
import { FormModal } from './form.js';
import { dialogPlace } from './frame.js';

interface ActionDialogProps extends ViewProps {
  readonly request: ActionRequest;
}

/** Everything between the key of an action and its run; what it shows follows the cluster. */
export function ActionDialogModal({ request, ...screen }: ActionDialogProps) {
  const { action, answers, tried } = request;
  const { stage, inspection } = useActionDialog(action, answers);
  switch (stage.kind) {
    case 'form':
      return (
        <FormModal
          key={stage.form.questions.map(({ name }) => name).join(' ')}
          {...screen}
          asked={{ action, form: stage.form, earlier: answers, tried }}
          inspection={inspection}
        />
      );
    case 'refused':
      return <NoPlan {...screen} request={request} lines={refusalText(stage.refusal)} />;
    case 'reading':
      return stage.plan === null ? (
        <NoPlan {...screen} request={request} lines={readingText(inspection)} />
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
  readonly request: ActionRequest;
  readonly lines: Build;
}

const WIDTH = 76;

/** There is nothing to consent to: not yet, or not now. It goes on by itself when that changes. */
function NoPlan({ request, lines, width, height }: NoPlanProps) {
  const ui = useUi();
  const wiring = useWiring();
  const { action, answers, before } = request;
  useKeys('notice', {
    close: () => ui.modal.update(() => null),
    ...(before !== null && {
      back: () => openAction(wiring, ui, { action, answers: before, tried: answers, before: null }),
    }),
  });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const back: Line =
    before === null ? [] : [span('Enter', 'accent'), span(' change the answers   ')];
  const body = [...lines(innerWidth), BLANK, [...back, span('Esc', 'accent'), span(' close')]];
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
