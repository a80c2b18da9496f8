import { fingerprint } from '../actions/fingerprint.js';
import type { Gate, Plan } from '../actions/types.js';
import { useNowMs } from './use-now.js';
import { useStore } from './use-store.js';
import { useWiring, type Wiring } from './wiring.js';

/** Program versions and free space are no part of the snapshot. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_AGAIN_WHEN_GREEN_MS = 5_000;

/**
 * What was shown, with its gates as they are now: they are evaluated again while the dialog is open
 * (operations.md 2.1), so a reading that arrives late turns a gate green and a node that falls turns one red.
 */
export function useLivePlan(shown: Plan): Plan {
  const wiring = useWiring();
  useStore(wiring.snapshots);
  const plan = planAgain(wiring, shown);
  const isGreen = plan.gates.every(({ state }) => state === 'green');
  useNowMs(isGreen ? LOOK_AGAIN_WHEN_GREEN_MS : LOOK_AGAIN_MS);
  return plan;
}

/** Never another plan than the one that was shown: where it would differ, a gate says so and blocks. */
export function planAgain(wiring: Pick<Wiring, 'actions' | 'plan'>, shown: Plan): Plan {
  const action = wiring.actions.find(({ id }) => id === shown.action);
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
