import { formatList } from '../../model/format.js';
import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { type Gates, onNode } from './world.js';

/** As long as one node may take to settle (operations A2, step 8). */
const SETTLE_TIMEOUT_MS = 1_800_000;

export interface SettleOptions {
  readonly gates: Gates;
}

/** Changes nothing: the next node is not touched before the cluster is whole again. */
export function settleStep(target: NodeTarget, { gates }: SettleOptions): Step {
  const look = async (context: StepContext): Promise<Sight> => {
    const found = gates(await context.inspect());
    const closed = found.filter(
      ({ id, state, override }) =>
        state !== 'green' && (override === 'no' || context.overrides?.includes(id) !== true),
    );
    return closed.length === 0
      ? {
          done: true,
          evidence: `${formatList(
            found.map(({ id }) => id),
            found.length,
          )} green`,
        }
      : {
          done: false,
          lastSeen: `waits for ${closed.map(({ id, text }) => `${id}: ${text}`).join('; ')}`,
        };
  };
  return {
    ...onNode('settle', target),
    title: `Wait until the cluster has settled after ${target.name}`,
    command: { kind: 'local', text: `wait for the gates after ${target.name}` },
    isDisruptive: false,
    proof: 'Every gate is green again',
    expectedMs: 30_000,
    proveTimeoutMs: SETTLE_TIMEOUT_MS,
    stateWhenStopped: 'done, settling',
    look,
    run: async () => undefined,
    prove: look,
  };
}
