import type { Action, Answers } from '../actions/types.js';
import type { LiveKey } from './key-registry.js';
import { actionReason, offeredActions, useBegin } from './use-actions.js';
import { useKeyLayer } from './use-keys.js';
import { useSnapshot } from './use-store.js';
import { useWiring } from './wiring.js';

const ACTION_RANK = 16;

/** The id is the shortest name an action has: `etcd-snapshot` reads "etcd snapshot". */
const shortName = ({ id }: Action): string => id.replaceAll('-', ' ').replace(/\bcsrs?\b/, 'CSRs');

/**
 * The letters of actions, on every screen of an attached cluster. A dim one explains itself when pressed. Actions
 * without a letter are not planned for it: that costs, with every snapshot.
 */
export function useActionKeys(answers: Answers, isAttached: boolean): void {
  const wiring = useWiring();
  const begin = useBegin();
  const lettered = isAttached ? offeredActions(wiring).filter(({ key }) => key !== null) : [];
  // One string that changes only when some key turns dim or bright: the frame is not drawn for every poll.
  useSnapshot(() => lettered.map((action) => actionReason(wiring, action, answers)).join('\n'));
  const keys = lettered.map(
    (action): LiveKey => ({
      keys: [action.key ?? ''],
      label: shortName(action),
      help: action.description,
      rank: ACTION_RANK,
      reason: actionReason(wiring, action, answers),
      run: () => begin(action, answers),
    }),
  );
  useKeyLayer({ title: 'Actions', level: 'screen', keys, onText: null, onPaste: null }, isAttached);
}
