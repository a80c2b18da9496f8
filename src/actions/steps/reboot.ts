import { CommandFailed } from '../../model/errors.js';
import { type Argv, talosctlArgv } from '../argv.js';
import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { bootIdIfAnswering, isAway, kubeNodeNow, machineNow } from './node-now.js';
import { gatesOf, onNode, runCommand, type StepOptions, type StepWorld } from './world.js';

export type RebootMode = 'default' | 'powercycle';

export interface RebootOptions extends Pick<StepOptions, 'gates'> {
  /** Of before: a node with another one has been rebooted. */
  readonly bootId: string;
  readonly mode?: RebootMode;
  /** What must be true besides the new boot: version, size; null when it is, else what was seen. */
  readonly alsoWanted?: (context: StepContext) => Promise<string | null>;
}

/** talosctl's own default (operations 2.7). */
export const REBOOT_TIMEOUT_MS = 1_800_000;
/** talosctl ends by itself at its own timeout; this one is for a talosctl that hangs. */
const GRACE_MS = 60_000;

export function rebootStep(world: StepWorld, target: NodeTarget, options: RebootOptions): Step {
  const { mode = 'default' } = options;
  const argv = talosctlArgv(
    world,
    target.address,
    'reboot',
    ...(mode === 'default' ? [] : ['--mode', mode]),
    '--wait',
    '--timeout',
    '30m',
  );
  return {
    ...onNode('reboot', target),
    title: `Reboot ${target.name}${mode === 'powercycle' ? ' without kexec' : ''}`,
    ...bootBehaviour(target, { ...options, argv, isWaiting: true }),
  };
}

export interface BootingCommand extends Omit<RebootOptions, 'mode'> {
  readonly argv: Argv;
  /** It ends only after the node is back. */
  readonly isWaiting: boolean;
}

/** For every command that ends in another boot: ordered once at most, whatever became of an earlier process. */
export function bootBehaviour(
  target: NodeTarget,
  options: BootingCommand,
): Omit<Step, 'id' | 'title' | 'target' | 'group'> {
  const { argv, bootId, isWaiting } = options;
  let isRefused = false;
  const look = async (context: StepContext): Promise<Sight> => {
    const sight = await backSince(target, options, context);
    return isRefused ? { ...sight, left: '' } : sight;
  };
  return {
    command: { kind: 'argv', argv },
    isDisruptive: true,
    ...gatesOf(options),
    proof: 'Another boot id, Talos running and ready, the Kubernetes node Ready',
    expectedMs: 120_000,
    proveTimeoutMs: REBOOT_TIMEOUT_MS,
    commandTimeoutMs: isWaiting ? REBOOT_TIMEOUT_MS : GRACE_MS,
    stateWhenStopped: 'rebooting',
    look,
    async run(context) {
      // An earlier process may have ordered it: a node on its way is waited for, never rebooted twice.
      const now = await bootIdWhenAnswering(target, context);
      if (now !== bootId) {
        context.note(`${target.name} has been rebooted already.`);
        return;
      }
      try {
        await runCommand(
          argv,
          context,
          target,
          isWaiting ? REBOOT_TIMEOUT_MS + GRACE_MS : GRACE_MS,
        );
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        if (!(await isOnItsWay(target, bootId, context))) {
          isRefused = true;
          throw error;
        }
        context.note(`${error.message}. The node reboots nevertheless.`);
      }
    },
    prove: look,
  };
}

/** The tracker of a command loses a node that reboots: only a node that runs on as before has refused. */
async function isOnItsWay(
  target: NodeTarget,
  bootId: string,
  context: StepContext,
): Promise<boolean> {
  const now = await bootIdIfAnswering(target, context);
  if (now !== bootId) return true;
  try {
    return (await machineNow(target, context)).stage !== 'running';
  } catch (error) {
    if (isAway(error)) return true;
    throw error;
  }
}

const POLL_MS = 2_000;

async function bootIdWhenAnswering(
  target: NodeTarget,
  context: StepContext,
): Promise<string | null> {
  for (let waitedMs = 0; waitedMs < REBOOT_TIMEOUT_MS; waitedMs += POLL_MS) {
    const now = await bootIdIfAnswering(target, context);
    if (now !== null) return now;
    context.report(`${target.name} does not answer`);
    await context.clock.sleep(POLL_MS, context.signal);
  }
  return null;
}

/** What is not heard of is waited for: an answer that does not come proves nothing. */
async function backSince(
  target: NodeTarget,
  { bootId, alsoWanted }: Pick<RebootOptions, 'bootId' | 'alsoWanted'>,
  context: StepContext,
): Promise<Sight> {
  const now = await bootIdIfAnswering(target, context);
  if (now === null) return { done: false, lastSeen: `${target.name} does not answer` };
  if (now === bootId) return { done: false, lastSeen: `boot ${short(bootId)}, as before` };
  const lacking = await lackingOf(target, alsoWanted, context);
  return lacking === null
    ? { done: true, evidence: `boot ${short(now)}, running and Ready` }
    : { done: false, lastSeen: `rebooted; ${lacking}` };
}

async function lackingOf(
  target: NodeTarget,
  alsoWanted: RebootOptions['alsoWanted'],
  context: StepContext,
): Promise<string | null> {
  try {
    const machine = await machineNow(target, context);
    if (!machine.isRunning) return `Talos is ${machine.text}`;
    if (!(await kubeNodeNow(target, context)).isReady) return 'its Kubernetes node is not Ready';
    return (await alsoWanted?.(context)) ?? null;
  } catch (error) {
    if (!isAway(error)) throw error;
    return error instanceof Error ? error.message : 'it does not answer';
  }
}

const short = (bootId: string): string => bootId.slice(0, 8);

/** For steps that prepare a reboot: they are over when it has been. */
export const rebootedSince =
  (target: NodeTarget, bootId: string) =>
  async (context: StepContext): Promise<string | null> => {
    const now = await bootIdIfAnswering(target, context);
    return now === null || now === bootId ? null : `rebooted since: boot ${short(now)}`;
  };
