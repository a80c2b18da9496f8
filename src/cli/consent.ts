import type { Gate, Plan, Refusal } from '../actions/types.js';
import { formatList } from '../model/format.js';
import { closedGates } from '../runs/passage.js';
import type { GatePolicy } from '../runs/types.js';
import { UsageError } from './usage-error.js';

/**
 * `told`: gates whose own refusal says that they stay closed, and why.
 * @throws UsageError for an override of a gate that the run cannot meet, or that nobody may override
 */
export function checkOverrides(
  policies: readonly GatePolicy[],
  overrides: readonly string[],
  told: readonly string[] = [],
): void {
  const open = policies.filter(({ override }) => override !== 'no').map(({ id }) => id);
  const hint =
    open.length === 0
      ? 'None of its gates can be overridden.'
      : `These can be overridden: ${formatList(open, 20)}.`;
  for (const id of overrides) {
    const policy = policies.find((each) => each.id === id);
    if (policy === undefined) throw new UsageError(`This plan has no gate ${id}.`, hint);
    if (policy.override === 'no' && !told.includes(id)) {
      throw new UsageError(`${id} can never be overridden.`, hint);
    }
  }
}

/** The first gate that holds the plan, with the way past it when there is one; null: none does. */
export function gateRefusal(plan: Plan, overrides: readonly string[]): Refusal | null {
  const [gate] = closedGates(plan.gates, overrides);
  if (gate === undefined) return null;
  return {
    kind: 'refusal',
    reason: `${gate.id}: ${gate.text}`,
    hint: [gate.remedy, wayPast(gate, overrides)].filter((part) => part !== '').join(' '),
    gate: gate.id,
  };
}

function wayPast({ id, override }: Gate, overrides: readonly string[]): string {
  if (override === 'no') {
    return overrides.includes(id) ? `${id} cannot be overridden.` : '';
  }
  const typed = override === 'type' ? ' with --confirm-name NAME' : '';
  return `If you know better: --override ${id}${typed}.`;
}

/** What holds the plan although these gates are overridden; null: nothing does. @throws as checkOverrides */
export function refusalDespite(
  plan: Plan,
  policies: readonly GatePolicy[],
  overrides: readonly string[],
): Refusal | null {
  const closed = closedGates(plan.gates, overrides).map(({ id }) => id);
  checkOverrides(policies, overrides, closed);
  return gateRefusal(plan, overrides);
}

/** Whether one of these overrides asks for a typed name, whatever its gate says at the moment. */
export const isTyped = (policies: readonly GatePolicy[], overrides: readonly string[]): boolean =>
  policies.some(({ id, override }) => override === 'type' && overrides.includes(id));

/** What has to be typed before it runs; null when a yes is enough (DESIGN §5). */
export const nameToType = (
  { level, confirmName }: Plan,
  isTypedOverride: boolean,
  clusterName: string,
): string | null =>
  level >= 3 || confirmName !== null || isTypedOverride ? (confirmName ?? clusterName) : null;
