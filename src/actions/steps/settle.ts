import { formatList } from '../../model/format.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, Sight, Step, StepContext } from '../types.js';
import type { Quiet } from './quiet.js';
import { type Gates, onNode } from './world.js';

/** After that the run pauses (operations A2, step 8). */
const SETTLE_TIMEOUT_MS = 1_800_000;
/** What it usually takes until everything is green. */
const SETTLING_MS = 30_000;
/** Every look inspects the cluster. */
const POLL_MS = 2_000;

export interface SettleOptions {
  readonly gates: Gates;
  readonly quiet: Quiet;
  /** So long nothing new may crash on the node (operations A2, step 8). */
  readonly quietMs: number;
}

/** Changes nothing: the next node is not touched before the cluster is whole again, and stays so for a while. */
export function settleStep(target: NodeTarget, options: SettleOptions): Step {
  const { gates, quiet, quietMs } = options;
  const look = async (context: StepContext): Promise<Sight> => {
    const now = await context.inspect();
    quiet.observe(now, context.clock.now());
    const found = gates(now);
    const closed = found.filter((gate) => isClosed(gate, context));
    if (closed.length > 0) {
      const waits = closed.map(({ id, text }) => `${id}: ${text}`);
      return { done: false, lastSeen: `waits for ${waits.join('; ')}` };
    }
    const noisy = isOverridden('G-WORK', context) ? null : noiseText(target, options);
    if (noisy !== null) return { done: false, lastSeen: noisy };
    return { done: true, evidence: evidenceText(target, found, context) };
  };
  return {
    ...onNode('settle', target),
    title: `Wait until the cluster has settled after ${target.name}`,
    command: { kind: 'local', text: `wait for the gates after ${target.name}` },
    isDisruptive: false,
    gates,
    proof: `Every gate is green again, and nothing new has crashed on the node for ${secondsText(quietMs)}`,
    expectedMs: SETTLING_MS + quietMs,
    proveTimeoutMs: SETTLE_TIMEOUT_MS,
    isHeldWhenLate: true,
    stateWhenStopped: 'done, settling',
    look,
    run: async () => undefined,
    async prove(context) {
      const sight = await look(context);
      if (sight.done) return sight;
      context.report(sight.lastSeen);
      await context.clock.sleep(POLL_MS, context.signal);
      return sight;
    },
  };
}

/** What was overridden was not seen to be well. */
function evidenceText({ name }: NodeTarget, found: readonly Gate[], context: StepContext): string {
  const green = found.filter(({ state }) => state === 'green').map(({ id }) => id);
  const ignored = found.filter(({ state }) => state !== 'green');
  return [
    ...(green.length === 0 ? [] : [`${formatList(green, green.length)} green`]),
    ...ignored.map(({ id, text }) => `${id} overridden: ${text}`),
    isOverridden('G-WORK', context)
      ? `${name} was not watched for crashes`
      : `nothing crashes on ${name}`,
  ].join(', ');
}

const isOverridden = (id: string, { overrides }: StepContext): boolean =>
  overrides?.includes(id) === true;

const isClosed = ({ id, state, override }: Gate, context: StepContext): boolean =>
  state !== 'green' && (override === 'no' || !isOverridden(id, context));

/** Null when the node was watched for long enough. */
function noiseText(target: NodeTarget, { quiet, quietMs }: SettleOptions): string | null {
  const { watchedMs, lastNoise } = quiet.of(target);
  if (watchedMs >= quietMs) return null;
  // In steps of ten seconds: every change of the text is journalled.
  const passed = secondsText(Math.floor(watchedMs / 10_000) * 10_000);
  const since = lastNoise === null ? '' : ` since ${lastNoise}`;
  return `watches whether something crashes on ${target.name}: ${passed} of ${secondsText(quietMs)}${since}`;
}

const secondsText = (ms: number): string => `${ms / 1_000} s`;
