import { fingerprint } from '../actions/fingerprint.js';
import type { Gate, Plan } from '../actions/types.js';
import type { Wiring } from './wiring.js';

/**
 * What was shown, with its gates as they are now (operations.md 2.1). Never another plan than the one that was
 * shown: where it would differ, a gate says so and blocks.
 */
export function planAgain(wiring: Pick<Wiring, 'actions' | 'plan'>, shown: Plan): Plan {
  const action = wiring.actions().find(({ id }) => id === shown.action);
  if (action === undefined) return shown;
  const again = wiring.plan(action, shown.answers);
  if (again.kind === 'plan' && fingerprint(again) === fingerprint(shown)) return again;
  const gate: Gate = {
    id: 'G-PLAN',
    title: 'The plan still holds',
    state: 'red',
    text:
      again.kind === 'refusal' ? again.reason : 'The cluster has changed since this was planned.',
    remedy: again.kind === 'refusal' ? again.hint : 'Close this and start again.',
    override: 'no',
  };
  return { ...shown, gates: [gate, ...shown.gates] };
}
