import type { Gate, Plan, PlanContext } from '../actions/types.js';
import type { GatePolicy } from './types.js';

/** Judged by the run process, which alone sees who holds the cluster. */
export const LOCK_GATE = 'G-LOCK';

/** Which consent a gate asks for, whatever it says at the moment. */
const STRICTNESS: Readonly<Record<GatePolicy['override'], number>> = { no: 0, confirm: 1, type: 2 };

/**
 * Every gate that may hold a run of this plan: its own, and those that its steps ask when it is half-way. Each once;
 * where several ask the same, with the strictest consent that opens one of them.
 */
export function gatesAhead(plan: Plan, context: PlanContext): readonly GatePolicy[] {
  const ahead: readonly Pick<Gate, 'id' | 'override'>[] = [
    ...plan.gates,
    ...plan.steps.flatMap(({ gates }) => gates?.(context) ?? []),
    ...(plan.level === 0 ? [] : [{ id: LOCK_GATE, override: 'type' } as const]),
  ];
  const policies = new Map<string, GatePolicy>();
  for (const { id, override } of ahead) {
    const known = policies.get(id);
    if (known === undefined || STRICTNESS[override] > STRICTNESS[known.override]) {
      policies.set(id, { id, override });
    }
  }
  return [...policies.values()];
}
