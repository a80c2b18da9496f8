import { fingerprint } from '../actions/fingerprint.js';
import type { Plan } from '../actions/types.js';
import type { Connection } from '../model/connection.js';
import type { GatePolicy, RunRequest } from './types.js';

/** What `Runs.start` takes for a plan that was confirmed. */
export function runRequest(
  plan: Plan,
  confirmed: {
    readonly connection: Connection;
    readonly operator: string;
    readonly nowMs: number;
    readonly keepGoing: boolean;
    readonly overrides: readonly string[];
    /** See gates-ahead.ts. */
    readonly gates: readonly GatePolicy[];
    readonly maxDurationMs?: number | null;
  },
): RunRequest {
  return {
    schema: 1,
    action: plan.action,
    answers: plan.answers,
    cluster: confirmed.connection.name,
    connection: confirmed.connection,
    level: plan.level,
    fingerprint: fingerprint(plan),
    summary: plan.summary,
    steps: plan.steps.map(({ id, title, target, group, isDisruptive, expectedMs, ...step }) => ({
      id,
      title,
      target,
      group: group ?? null,
      isDisruptive,
      expectedMs,
      stateWhenStopped: step.stateWhenStopped ?? '',
      commandTimeoutMs: step.commandTimeoutMs ?? null,
    })),
    operator: confirmed.operator,
    createdAtMs: confirmed.nowMs,
    keepGoing: confirmed.keepGoing,
    overrides: confirmed.overrides,
    gates: confirmed.gates,
    ...(confirmed.maxDurationMs ? { maxDurationMs: confirmed.maxDurationMs } : {}),
  };
}
