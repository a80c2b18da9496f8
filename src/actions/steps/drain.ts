import { ClientError, CommandFailed } from '../../model/errors.js';
import { formatCount, formatList } from '../../model/format.js';
import { patientKubectlArgv } from '../argv.js';
import { drainPreview } from '../gates/drain.js';
import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { kubeNodeNow } from './node-now.js';
import { evictablePods } from './pods-on.js';
import {
  gatesOf,
  onNode,
  passedOf,
  runCommand,
  type StepOptions,
  type StepWorld,
} from './world.js';

/** How pods leave: with regard to their budgets, in spite of them, or not at all. */
export type DrainChoice = 'evict' | 'disable-eviction' | 'skip';

export interface DrainOptions extends StepOptions {
  readonly choice: Exclude<DrainChoice, 'skip'>;
  /** talosctl's own default is five minutes (operations 2.7). */
  readonly timeoutMs?: number;
}

export const DRAIN_TIMEOUT_MS = 300_000;
/** kubectl ends by itself at its own timeout; this one is for a kubectl that hangs. */
const GRACE_MS = 60_000;

export function drainStep(world: StepWorld, target: NodeTarget, options: DrainOptions): Step {
  const { choice, timeoutMs = DRAIN_TIMEOUT_MS } = options;
  const argv = patientKubectlArgv(
    world,
    'drain',
    target.name,
    '--ignore-daemonsets',
    '--delete-emptydir-data',
    `--timeout=${Math.round(timeoutMs / 1_000)}s`,
    ...(choice === 'disable-eviction' ? ['--disable-eviction'] : []),
  );
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passedOf(options)(context);
    return over === null ? await drained(target, context) : { done: true, evidence: over };
  };
  return {
    ...onNode('drain', target),
    title:
      choice === 'evict'
        ? `Drain ${target.name}`
        : `Drain ${target.name} in spite of disruption budgets`,
    command: { kind: 'argv', argv },
    isDisruptive: true,
    ...gatesOf(options),
    proof: 'No evictable pod is left on the node',
    expectedMs: 60_000,
    proveTimeoutMs: timeoutMs,
    commandTimeoutMs: timeoutMs,
    stateWhenStopped: 'cordoned, partly drained',
    look,
    async run(context) {
      try {
        await runCommand(argv, context, target, timeoutMs + GRACE_MS);
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        throw await stuck(error, target, context);
      }
    },
    prove: look,
  };
}

async function drained(target: NodeTarget, context: StepContext): Promise<Sight> {
  const { isUnschedulable } = await kubeNodeNow(target, context);
  if (!isUnschedulable) return { done: false, lastSeen: 'schedulable: new pods may come' };
  const left = await evictablePods(target, context);
  return left.length === 0
    ? { done: true, evidence: 'no evictable pod left' }
    : {
        done: false,
        lastSeen: `${formatCount(left.length, 'pod')} left: ${formatList(left.map((pod) => `${pod.namespace}/${pod.name}`))}`,
      };
}

/** What the operator has to know to decide: which pods stay, and which budgets hold them. */
async function stuck(
  error: CommandFailed,
  target: NodeTarget,
  context: StepContext,
): Promise<ClientError> {
  const left = await evictablePods(target, context);
  if (left.length === 0) return new ClientError('rejected', error.message, error.hint);
  const blocked = drainPreview(await context.inspect(), target)?.blocked ?? [];
  const texts = left.map(({ namespace, name, isBeingDeleted }) => {
    const reason = blocked.find(({ pod }) => pod.namespace === namespace && pod.name === name);
    const why = reason?.reason ?? (isBeingDeleted ? 'it is still ending' : null);
    return `${namespace}/${name}${why === null ? '' : ` (${why})`}`;
  });
  return new ClientError(
    'rejected',
    `${target.name} could not be drained. Still there: ${texts.join('; ')}. kubectl said: ${error.message}`,
    'Resume the run to wait again, or cancel it and plan again with drain=disable-eviction, which deletes the pods in spite of their budgets, or with drain=skip; uncordon the node to give up.',
  );
}
