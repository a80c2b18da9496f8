import { MARK_KEY } from '../../model/cordon-mark.js';
import { CommandFailed } from '../../model/errors.js';
import { type Argv, kubectlArgv } from '../argv.js';
import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { cordonerText, isAway, type KubeNodeNow, kubeNodeNow } from './node-now.js';
import { onNode, runCommand, type StepWorld } from './world.js';

export interface UncordonOptions {
  /** `ours`: only what this run has cordoned; `anyone`: the operator named the node himself. */
  readonly whose: 'ours' | 'anyone';
}

/** The API server may be away for a while after a reboot (operations A2, step 7). */
const PROVE_TIMEOUT_MS = 600_000;

const PAUSE_MS = 5_000;
/** So often an API server that answers may refuse before it is taken at its word. */
const MOST_REFUSALS = 3;

/** Without this the node stays cordoned: an API server that is away after a reboot is waited for. */
async function untilObeyed(argv: Argv, target: NodeTarget, context: StepContext): Promise<void> {
  let refusals = 0;
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      await runCommand(argv, context, target);
      return;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (await isAnswering(target, context)) refusals += 1;
      if (refusals >= MOST_REFUSALS || waitedMs >= PROVE_TIMEOUT_MS) throw error;
      context.report(error.message);
      await context.clock.sleep(PAUSE_MS, context.signal);
    }
  }
}

async function isAnswering(target: NodeTarget, context: StepContext): Promise<boolean> {
  try {
    await kubeNodeNow(target, context);
    return true;
  } catch (error) {
    if (isAway(error)) return false;
    throw error;
  }
}

/** First schedulable, then without the mark: a run that dies in between finds its mark and goes on. */
export const uncordonSteps = (
  world: StepWorld,
  target: NodeTarget,
  options: UncordonOptions = { whose: 'ours' },
): readonly Step[] => [uncordonStep(world, target, options), unmarkStep(world, target, options)];

const isOurs = ({ mark }: KubeNodeNow, world: StepWorld, { whose }: UncordonOptions): boolean =>
  whose === 'anyone' || mark === world.mark;

const foreignText = (node: KubeNodeNow): string => `left cordoned: ${cordonerText(node)} did it`;

function uncordonStep(world: StepWorld, target: NodeTarget, options: UncordonOptions): Step {
  const argv = kubectlArgv(world, 'uncordon', target.name);
  const look = async (context: StepContext): Promise<Sight> => {
    const node = await kubeNodeNow(target, context);
    if (!node.isUnschedulable) return { done: true, evidence: 'schedulable' };
    return isOurs(node, world, options)
      ? { done: false, lastSeen: 'cordoned' }
      : { done: true, evidence: foreignText(node) };
  };
  return {
    ...onNode('uncordon', target),
    title: `Uncordon ${target.name}`,
    command: { kind: 'argv', argv },
    isDisruptive: false,
    proof: 'The node takes pods again',
    expectedMs: 1_000,
    proveTimeoutMs: PROVE_TIMEOUT_MS,
    stateWhenStopped: 'cordoned',
    look,
    run: (context) => untilObeyed(argv, target, context),
    prove: look,
  };
}

function unmarkStep(world: StepWorld, target: NodeTarget, options: UncordonOptions): Step {
  const argv = kubectlArgv(world, 'annotate', 'node', target.name, `${MARK_KEY}-`);
  const look = async (context: StepContext): Promise<Sight> => {
    const node = await kubeNodeNow(target, context);
    const { mark, isUnschedulable } = node;
    return mark !== null && isOurs(node, world, options)
      ? {
          done: false,
          lastSeen: `marked ${mark}`,
          left: isUnschedulable ? `cordoned, marked ${mark}` : `marked ${mark}, not cordoned`,
        }
      : { done: true, evidence: node.mark === null ? 'no mark' : `the mark is ${node.mark}'s` };
  };
  return {
    ...onNode('unmark', target),
    title: `Take the mark off ${target.name}`,
    command: { kind: 'argv', argv },
    isDisruptive: false,
    proof: 'No annotation of this run on the node',
    expectedMs: 1_000,
    proveTimeoutMs: PROVE_TIMEOUT_MS,
    stateWhenStopped: 'schedulable, still marked',
    look,
    run: (context) => untilObeyed(argv, target, context),
    prove: look,
  };
}
