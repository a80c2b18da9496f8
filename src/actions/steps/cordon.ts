import { MARK_KEY } from '../../model/cordon-mark.js';
import { kubectlArgv } from '../argv.js';
import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { cordonerText, type KubeNodeNow, kubeNodeNow } from './node-now.js';
import {
  gatesOf,
  onNode,
  passedOf,
  runCommand,
  type StepOptions,
  type StepWorld,
} from './world.js';

const PROVE_TIMEOUT_MS = 60_000;

/**
 * First our mark, then the cordon: a run that dies in between must find the node marked, because a cordon without
 * the mark is somebody else's and is left alone. The gates come before the mark.
 */
export const cordonSteps = (
  world: StepWorld,
  target: NodeTarget,
  options: StepOptions = {},
): readonly Step[] => [markStep(world, target, options), cordonStep(world, target, options)];

const foreignText = (node: KubeNodeNow): string =>
  `cordoned by ${cordonerText(node)}, and stays so`;

function markStep(world: StepWorld, target: NodeTarget, options: StepOptions): Step {
  const argv = kubectlArgv(
    world,
    'annotate',
    'node',
    target.name,
    `${MARK_KEY}=${world.mark}`,
    '--overwrite',
  );
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passedOf(options)(context);
    if (over !== null) return { done: true, evidence: over };
    const node = await kubeNodeNow(target, context);
    const { mark, isUnschedulable } = node;
    if (mark === world.mark) {
      return {
        done: true,
        evidence: `marked ${mark}`,
        ...(isUnschedulable ? {} : { left: `marked ${mark}, not cordoned` }),
      };
    }
    return isUnschedulable
      ? { done: true, evidence: foreignText(node) }
      : { done: false, lastSeen: 'without our mark', left: '' };
  };
  return {
    ...onNode('mark', target),
    title: `Mark ${target.name} as cordoned by this run`,
    command: { kind: 'argv', argv },
    isDisruptive: options.gates !== undefined,
    isOpening: true,
    ...gatesOf(options),
    proof: 'The annotation on the node',
    expectedMs: 1_000,
    proveTimeoutMs: PROVE_TIMEOUT_MS,
    stateWhenStopped: `perhaps marked ${world.mark}, not cordoned`,
    look,
    async run(context) {
      await runCommand(argv, context, target);
    },
    prove: look,
  };
}

function cordonStep(world: StepWorld, target: NodeTarget, options: StepOptions): Step {
  const argv = kubectlArgv(world, 'cordon', target.name);
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passedOf(options)(context);
    if (over !== null) return { done: true, evidence: over };
    const node = await kubeNodeNow(target, context);
    const { isUnschedulable, mark } = node;
    if (!isUnschedulable) {
      const left = mark === world.mark ? `marked ${mark}, not cordoned` : '';
      return { done: false, lastSeen: 'schedulable', left };
    }
    return { done: true, evidence: mark === world.mark ? 'cordoned' : foreignText(node) };
  };
  return {
    ...onNode('cordon', target),
    title: `Cordon ${target.name}`,
    command: { kind: 'argv', argv },
    isDisruptive: false,
    proof: 'The node takes no new pods',
    expectedMs: 1_000,
    // kubectl ends with 0 even when the API server refuses the change: only the node itself tells.
    proveTimeoutMs: PROVE_TIMEOUT_MS,
    stateWhenStopped: 'cordoned',
    look,
    async run(context) {
      await runCommand(argv, context, target);
    },
    prove: look,
  };
}
