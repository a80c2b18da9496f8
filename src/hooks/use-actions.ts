import type { Action, Answers } from '../actions/types.js';
import { sentences } from '../model/sentence.js';
import type { Snapshot } from '../model/snapshot.js';
import { unreachable } from '../model/unreachable.js';
import type { Ui } from './ui.js';
import { useUi } from './ui.js';
import { useWiring, type Wiring } from './wiring.js';

/** In read-only mode nothing that changes anything exists (DESIGN §5). */
export const offeredActions = ({ actions, isReadOnly }: Wiring): readonly Action[] =>
  isReadOnly() ? actions.filter(({ level }) => level === 0) : actions;

/** From the selection only what the action knows; anything else would be a usage error. */
export const takenAnswers = ({ answerNames }: Action, offered: Answers): Answers =>
  Object.fromEntries(Object.entries(offered).filter(([name]) => answerNames.includes(name)));

const reasons = new WeakMap<Snapshot, Map<string, string | null>>();

/** Why the action cannot run now; null when it can. Planned once per snapshot, action and selection. */
export function actionReason(wiring: Wiring, action: Action, offered: Answers): string | null {
  const snapshot = wiring.snapshots.get();
  const known = reasons.get(snapshot) ?? new Map<string, string | null>();
  reasons.set(snapshot, known);
  const answers = takenAnswers(action, offered);
  const name = `${action.id} ${JSON.stringify(answers)}`;
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const planned = wiring.plan(action, answers);
  const reason = planned.kind === 'refusal' ? sentences(planned.reason, planned.hint) : null;
  known.set(name, reason);
  return reason;
}

export type Begin = (action: Action, offered: Answers) => void;

/** Asks, confirms or explains: what the action's plan says. */
export function useBegin(): Begin {
  const wiring = useWiring();
  const ui = useUi();
  return (action, offered) => beginAction(wiring, ui, action, takenAnswers(action, offered));
}

export function beginAction(wiring: Wiring, ui: Ui, action: Action, answers: Answers): void {
  const planned = wiring.plan(action, answers);
  switch (planned.kind) {
    case 'refusal':
      ui.modal.update(() => null);
      ui.say('warn', sentences(planned.reason, planned.hint));
      return;
    case 'form':
      ui.modal.update(() => ({ kind: 'form', action, form: planned, answers }));
      return;
    case 'plan': {
      const openedAtMs = wiring.nowMs();
      ui.modal.update(() => ({ kind: 'confirm', plan: planned, title: action.title, openedAtMs }));
      return;
    }
    default:
      unreachable(planned);
  }
}
