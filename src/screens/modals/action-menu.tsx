import type { Action, Answers } from '../../actions/types.js';
import { keyText } from '../../hooks/key-text.js';
import { actionReason, offeredActions, takenAnswers, useBegin } from '../../hooks/use-actions.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import type { ViewProps } from '../types.js';
import { Picker } from './picker.js';

interface ActionMenuProps extends ViewProps {
  readonly title: string;
  readonly answers: Answers;
}

/** What can be done with the selection first, then with the cluster; dim entries say why. */
export function ActionMenu({ title, answers, width, height }: ActionMenuProps) {
  const wiring = useWiring();
  const begin = useBegin();
  // Reasons follow the snapshot while the menu is open.
  useSnapshot(() =>
    offeredActions(wiring)
      .map((action) => actionReason(wiring, action, answers))
      .join('\n'),
  );
  const takesSelection = (action: Action) => Object.keys(takenAnswers(action, answers)).length > 0;
  const ordered = offeredActions(wiring).toSorted(
    (a, b) => Number(takesSelection(b)) - Number(takesSelection(a)),
  );
  const entries = ordered.map((action) => ({
    id: action.id,
    label: action.title,
    detail: takesSelection(action) ? title : 'cluster',
    key: action.key === null ? '' : keyText(action.key),
    reason: actionReason(wiring, action, answers),
    run: () => begin(action, answers),
  }));
  return (
    <Picker
      title={`Actions: ${title}`}
      entries={entries}
      emptyText={wiring.isReadOnly() ? 'Read-only: no action changes anything here' : 'No actions'}
      width={width}
      height={height}
    />
  );
}
