import type { Action, Answers, Refusal } from '../actions/types.js';
import { sentences } from '../model/sentence.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Modal } from './modal.js';
import type { Ui } from './ui.js';
import { useUi } from './ui.js';
import { wantsOf } from './use-inspection.js';
import { useWiring, type Wiring } from './wiring.js';

/** In read-only mode nothing that changes anything exists (DESIGN §5). */
export const offeredActions = ({ actions, isReadOnly }: Wiring): readonly Action[] =>
  isReadOnly() ? actions().filter(({ level }) => level === 0) : actions();

/** From the selection only what the action knows; anything else would be a usage error. */
export const takenAnswers = ({ answerNames }: Action, offered: Answers): Answers =>
  Object.fromEntries(Object.entries(offered).filter(([name]) => answerNames.includes(name)));

const reasons = new WeakMap<Snapshot, Map<string, string | null>>();

/**
 * Why the action cannot run now; null when it can, or when that is only known after an inspection. Planned once per
 * snapshot, action and selection.
 */
export function actionReason(wiring: Wiring, action: Action, offered: Answers): string | null {
  const snapshot = wiring.snapshots.get();
  const known = reasons.get(snapshot) ?? new Map<string, string | null>();
  reasons.set(snapshot, known);
  const answers = takenAnswers(action, offered);
  const name = `${action.id} ${JSON.stringify(answers)}`;
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const planned = wiring.plan(action, answers);
  const isFinal =
    planned.kind === 'refusal' &&
    (isUninspected(planned) || wantsOf(action, snapshot, answers) === null);
  const reason = isFinal ? sentences(planned.reason, planned.hint) : null;
  known.set(name, reason);
  return reason;
}

/** Judged without any inspection: which machines there are, and the programs of this host. */
const UNINSPECTED: readonly (string | null)[] = ['G-OWN', 'G-BIN'];

const isUninspected = ({ isUsage, gate }: Refusal): boolean =>
  isUsage === true || UNINSPECTED.includes(gate);

export type Begin = (action: Action, offered: Answers) => void;

/** Asks, confirms or explains: what the action's plan says. */
export function useBegin(): Begin {
  const wiring = useWiring();
  const ui = useUi();
  return (action, offered) => beginAction(wiring, ui, action, takenAnswers(action, offered));
}

/** For the fields of a form: it is asked all the same, and shows what is meant. */
const cursorAnswers = (ui: Ui, action: Action): Answers =>
  takenAnswers(action, ui.subject.current?.()?.answers ?? {});

export function beginAction(wiring: Wiring, ui: Ui, action: Action, answers: Answers): void {
  if (wantsOf(action, wiring.snapshots.get(), answers) === null) {
    const planned = wiring.plan(action, answers);
    if (planned.kind === 'refusal') {
      ui.modal.update(() => null);
      ui.say('warn', sentences(planned.reason, planned.hint));
      return;
    }
  }
  openAction(wiring, ui, {
    action,
    answers,
    tried: {},
    underCursor: cursorAnswers(ui, action),
    before: null,
  });
}

export type ActionRequest = Omit<Extract<Modal, { kind: 'action' }>, 'kind' | 'openedAtMs'>;

/** Shows whatever planning with these answers comes to. */
export function openAction(wiring: Wiring, ui: Ui, request: ActionRequest): void {
  const openedAtMs = wiring.nowMs();
  ui.modal.update(() => ({ kind: 'action', ...request, openedAtMs }));
}
