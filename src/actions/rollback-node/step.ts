import { ClientError, CommandFailed } from '../../model/errors.js';
import type { NodeTarget } from '../node-target.js';
import { isAway } from '../steps/node-now.js';
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
        throw error instanceof CommandFailed ? withoutPrevious(error, target) : error;
      }
    },
  };
}

/** GRUB and systemd-boot say it in words of their own (talos: bootloader Revert). */
const NO_PREVIOUS = /label does not exist|previous UKI not found|system disk not found/i;

const withoutPrevious = (error: CommandFailed, { name }: NodeTarget): Error =>
  NO_PREVIOUS.test(error.stderr)
    ? new ClientError(
        'rejected',
        `${name} has no previous image to go back to: nothing was changed on its disk. ${error.message}`,
        'Uncordon the node; to run another version upgrade it instead.',
      )
    : error;
