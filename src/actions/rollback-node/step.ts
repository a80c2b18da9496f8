import { ClientError, CommandFailed, OperatorError } from '../../model/errors.js';
import { freshValue } from '../../model/reading.js';
import { sentences } from '../../model/sentence.js';
import type { NodeTarget } from '../node-target.js';
import { isAway, kubeNodeNow } from '../steps/node-now.js';
import { type BootingCommand, bootBehaviour } from '../steps/reboot.js';
import { onNode, talosOf } from '../steps/world.js';
import type { Step, StepContext } from '../types.js';

/** Null while the node does not answer. */
export async function versionNow(
  { address }: NodeTarget,
  context: StepContext,
): Promise<string | null> {
  try {
    return (await talosOf(context).version(address, context.signal)).tag;
  } catch (error) {
    if (isAway(error)) return null;
    throw error;
  }
}

export interface RollbackOptions extends Omit<BootingCommand, 'isWaiting' | 'alsoWanted'> {
  readonly from: string;
  readonly to: string;
  /** Cordon and mark taken back, for a node that stays as it is. */
  readonly giveBack: readonly Step[];
}

/** talosctl asks for it and goes; the boot is followed here. */
export function rollbackStep(target: NodeTarget, options: RollbackOptions): Step {
  const { from, to } = options;
  const boot = bootBehaviour(target, {
    ...options,
    isWaiting: false,
    alsoWanted: async (context) => {
      const tag = await versionNow(target, context);
      if (tag === to) return null;
      if (tag === null) return 'it does not tell its version';
      throw new ClientError(
        'rejected',
        `${target.name} has booted ${tag}, not ${to}.`,
        tag === from
          ? 'The previous version did not start, and the boot loader fell back: look at its log before anything else.'
          : `If ${tag} is fine, uncordon the node; else upgrade it to the version that you want.`,
      );
    },
  });
  return {
    ...onNode('rollback', target),
    title: `Roll ${target.name} back to ${to}`,
    ...boot,
    proof: `Another boot id, ${to}, Talos running and ready, the Kubernetes node Ready`,
    async run(context) {
      try {
        await boot.run(context);
      } catch (error) {
        if (!(error instanceof CommandFailed && NO_PREVIOUS.test(error.stderr))) throw error;
        throw await withoutPrevious(error, target, options, context);
      }
    },
  };
}

/** GRUB and systemd-boot say it in words of their own (talos: bootloader Revert). */
const NO_PREVIOUS = /label does not exist|previous UKI not found|system disk not found/i;

/** Nothing was changed, and nothing will be: what prepared for it is taken back. */
async function withoutPrevious(
  error: CommandFailed,
  target: NodeTarget,
  { giveBack }: RollbackOptions,
  context: StepContext,
): Promise<ClientError> {
  const { name } = target;
  const reason = `${name} has no previous image to go back to: nothing was changed on its disk. ${error.message}`;
  try {
    for (const step of giveBack) {
      if ((await step.look(context)).done) continue;
      await step.run(context);
    }
    return new ClientError(
      'rejected',
      sentences(reason, await stateText(target, context)),
      FORWARD,
    );
  } catch (problem) {
    if (!(problem instanceof OperatorError)) throw problem;
    context.note(`${name} could not be given back: ${problem.message}`);
    return new ClientError('rejected', reason, `Uncordon the node. ${FORWARD}`);
  }
}

const FORWARD = 'To run another version upgrade the node instead.';

const SEEN_TIMEOUT_MS = 5_000;
const POLL_MS = 500;

/** Waits until the list of nodes that the ending of the run is told from has seen it, too. */
async function stateText(target: NodeTarget, context: StepContext): Promise<string> {
  const { isUnschedulable } = await kubeNodeNow(target, context);
  for (let waitedMs = 0; waitedMs < SEEN_TIMEOUT_MS; waitedMs += POLL_MS) {
    const nodes = freshValue(context.snapshot().kubeNodes);
    const seen = nodes?.find(({ name }) => name === target.name);
    if (seen === undefined || seen.isUnschedulable === isUnschedulable) break;
    await context.clock.sleep(POLL_MS, context.signal);
  }
  return `${target.name} ${isUnschedulable ? 'stays cordoned, as it was before' : 'takes pods as before'}.`;
}
