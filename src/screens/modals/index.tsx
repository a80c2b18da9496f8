import { useUi } from '../../hooks/ui.js';
import { useStore } from '../../hooks/use-store.js';
import { unreachable } from '../../model/unreachable.js';
import type { ViewProps } from '../types.js';
import { ActionDialogModal } from './action-dialog.js';
import { ActionMenu } from './action-menu.js';
import { CancelRunModal } from './cancel-run.js';
import { Help } from './help.js';
import { OverrideGateModal } from './override-gate.js';
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
    case 'action':
      return (
        <ActionDialogModal
          {...screen}
          key={`${modal.openedAtMs} ${JSON.stringify(modal.answers)}`}
          request={modal}
        />
      );
    case 'cancel-run':
      return <CancelRunModal {...screen} runId={modal.runId} openedAtMs={modal.openedAtMs} />;
    case 'override-gate':
      return <OverrideGateModal {...screen} key={modal.openedAtMs} request={modal} />;
    case 'quit':
      return <QuitModal {...screen} runSummary={modal.runSummary} runId={modal.runId} />;
    default:
      return unreachable(modal);
  }
}
