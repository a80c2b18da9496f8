import { ClientError } from '../../model/errors.js';
import type { Argv, Reach } from '../argv.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext, Step, StepContext } from '../types.js';

/** What the steps on a node have in common, pinned with the plan. */
export interface StepWorld extends Reach {
  /** `20261120T101500Z-reboot-node`: what this run writes on the nodes that it cordons. */
  readonly mark: string;
}

/** What is asked again right before a step that disrupts; see `Step.gates`. */
export type Gates = (context: PlanContext) => readonly Gate[];

/**
 * Evidence that what a step prepares for has already happened, so that a resumed run does not begin a finished
 * node anew; null: it has not, or nobody can tell at the moment.
 */
export type Passed = (context: StepContext) => Promise<string | null>;

export interface StepOptions {
  readonly passed?: Passed;
  /** With gates the step counts as disruptive: they, and the operator's leave, come first. */
  readonly gates?: Gates;
}

const NEVER: Passed = async () => null;

export const passedOf = ({ passed }: StepOptions): Passed => passed ?? NEVER;

/** What every step on one node says of itself. */
export const onNode = (
  kind: string,
  { name }: NodeTarget,
): Pick<Step, 'id' | 'target' | 'group'> => ({
  id: `${kind}-${name}`,
  target: name,
  group: name,
});

/** Behaviour of gates in the form that Step wants: a step without them has no such property. */
export const gatesOf = ({ gates }: StepOptions): Pick<Step, 'gates'> =>
  gates === undefined ? {} : { gates };

const COMMAND_TIMEOUT_MS = 60_000;

export const runCommand = async (
  argv: Argv,
  { shell, signal }: StepContext,
  target: NodeTarget,
  timeoutMs = COMMAND_TIMEOUT_MS,
): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  await shell.run(argv, { effect: 'change', timeoutMs, signal, target: target.name });

export function talosOf({ talos }: StepContext): NonNullable<StepContext['talos']> {
  if (talos !== null) return talos;
  throw new ClientError(
    'configuration',
    'There is no connection to Talos.',
    'Set TALOSCONFIG or name the file in the settings of the cluster.',
  );
}

export function kubeOf({ kube }: StepContext): NonNullable<StepContext['kube']> {
  if (kube !== null) return kube;
  throw new ClientError(
    'configuration',
    'There is no connection to Kubernetes.',
    'Set KUBECONFIG or name the file in the settings of the cluster.',
  );
}
