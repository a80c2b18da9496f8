import type { Gate, Plan, Refusal } from '../actions/types.js';
import { formatList } from '../model/format.js';
import { closedGates } from '../runs/passage.js';
import { UsageError } from './usage-error.js';

/** Judged by the run process, which alone sees who holds the cluster. */
const LOCK_GATE = 'G-LOCK';

/** @throws UsageError for an override of a gate that the plan does not have */
export function checkOverrides({ gates }: Plan, overrides: readonly string[]): void {
  const known = [...gates.map(({ id }) => id), LOCK_GATE];
  const unknown = overrides.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  throw new UsageError(
    `This plan has no gate ${unknown}.`,
    `Its gates are ${formatList([...new Set(known)], 20)}.`,
  );
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

/** What has to be typed before it runs; null when a yes is enough (DESIGN §5). */
export function nameToType(
  { level, gates, confirmName }: Plan,
  overrides: readonly string[],
  clusterName: string,
): string | null {
  const isTypedOverride =
    overrides.includes(LOCK_GATE) ||
    gates.some(
      ({ id, state, override }) =>
        state !== 'green' && override === 'type' && overrides.includes(id),
    );
  return level >= 3 || confirmName !== null || isTypedOverride
    ? (confirmName ?? clusterName)
    : null;
}
