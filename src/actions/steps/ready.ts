import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { isAway, kubeNodeNow, machineNow } from './node-now.js';
import { onNode, passedOf, type StepOptions } from './world.js';

/** Node Ready with a CNI (operations 2.7). */
const READY_TIMEOUT_MS = 600_000;

/** Changes nothing: waits until Talos runs and Kubernetes calls the node Ready. */
export function readyStep(target: NodeTarget, options: Pick<StepOptions, 'passed'> = {}): Step {
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passedOf(options)(context);
    return over === null ? await ready(target, context) : { done: true, evidence: over };
  };
  return {
    ...onNode('ready', target),
    title: `Wait until ${target.name} is Ready`,
    command: { kind: 'local', text: `wait for ${target.name}` },
    isDisruptive: false,
    proof: 'Talos running and ready, the Kubernetes node Ready',
    expectedMs: 30_000,
    proveTimeoutMs: READY_TIMEOUT_MS,
    look,
    run: async () => undefined,
    prove: look,
  };
}

async function ready(target: NodeTarget, context: StepContext): Promise<Sight> {
  try {
    const machine = await machineNow(target, context);
    if (!machine.isRunning) return { done: false, lastSeen: `Talos is ${machine.text}` };
    return (await kubeNodeNow(target, context)).isReady
      ? { done: true, evidence: 'running and Ready' }
      : { done: false, lastSeen: 'its Kubernetes node is not Ready' };
  } catch (error) {
    if (!isAway(error)) throw error;
    return { done: false, lastSeen: error instanceof Error ? error.message : 'no answer' };
  }
}
