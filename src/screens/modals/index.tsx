import { useUi } from '../../hooks/ui.js';
import { useStore } from '../../hooks/use-store.js';
import { unreachable } from '../../model/unreachable.js';
import type { ViewProps } from '../types.js';
import { ActionMenu } from './action-menu.js';
import { ConfirmModal } from './confirm.js';
import { FormModal } from './form.js';
import { Help } from './help.js';
import { Palette } from './palette.js';
import { QuitModal } from './quit.js';
import { Viewer } from './viewer.js';

/** The dialog that is open, over everything else. */
export function OpenModal(screen: ViewProps) {
  const modal = useStore(useUi().modal);
  if (modal === null) return null;
  switch (modal.kind) {
    case 'help':
      return <Help {...screen} />;
    case 'palette':
      return <Palette {...screen} />;
    case 'menu':
      return <ActionMenu {...screen} title={modal.title} answers={modal.answers} />;
    case 'viewer':
      return <Viewer {...screen} title={modal.title} content={modal.content} />;
    case 'form':
      return (
        <FormModal
          {...screen}
          key={`${modal.form.title} ${JSON.stringify(modal.answers)}`}
          action={modal.action}
          form={modal.form}
          answers={modal.answers}
        />
      );
    case 'confirm':
      return <ConfirmModal {...screen} key={modal.openedAtMs} {...modal} />;
    case 'quit':
      return <QuitModal {...screen} runSummary={modal.runSummary} runId={modal.runId} />;
    default:
      return unreachable(modal);
  }
}
