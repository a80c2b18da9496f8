import { join } from 'node:path';
import { ClientError, CommandFailed } from '../../model/errors.js';
import { type Argv, type Reach, talosctlArgv } from '../argv.js';
import type { NodeTarget } from '../node-target.js';
import { runCommand } from '../steps/world.js';
import type { StepContext } from '../types.js';

/** A node and the image that it is to start next. */
export interface ImageTarget extends NodeTarget {
  readonly bootId: string;
  readonly image: string;
}

const INSTALL_TIMEOUT_MS = 900_000;

/** Writes an image beside the one that runs, and makes it the next to start. */
export const installArgv = (world: Reach, { address, image }: ImageTarget): Argv =>
  talosctlArgv(
    world,
    address,
    ...['upgrade', '--image', image, '--no-reboot', '--progress', 'plain'],
  );

const BUSY = /another (installation|upgrade|installation\/upgrade) is already in progress/i;
const BUSY_PATIENCE_MS = 300_000;
const BUSY_POLL_MS = 10_000;

/** An installation that waits for an earlier one and then takes as long as it may. */
export const INSTALL_LIMIT_MS = BUSY_PATIENCE_MS + INSTALL_TIMEOUT_MS;

/** An installer whose listener was killed goes on by itself: then it is waited for and asked again (operations C1). */
export async function install(
  argv: Argv,
  target: ImageTarget,
  context: StepContext,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += BUSY_POLL_MS) {
    try {
      await runCommand(argv, context, target, INSTALL_TIMEOUT_MS);
      return;
    } catch (error) {
      if (!(error instanceof CommandFailed) || !BUSY.test(error.stderr)) throw error;
      if (waitedMs >= BUSY_PATIENCE_MS) throw stillBusy(error, target);
      context.report(`an earlier installer still works on ${target.name}`);
      await context.clock.sleep(BUSY_POLL_MS, context.signal);
    }
  }
}

const stillBusy = ({ message }: CommandFailed, { name }: ImageTarget): ClientError =>
  new ClientError(
    'rejected',
    `An earlier installer on ${name} does not end: ${message}`,
    'Look at the log of the node; a controlled reboot clears it and may start the new version.',
  );

/** The end of the output of the last attempt, kept with the run: it outlives the process that saw it. */
export async function hasInstalled(
  step: string,
  { address }: ImageTarget,
  { snapshotFiles, runDir }: StepContext,
): Promise<boolean> {
  const text = await snapshotFiles.text(join(runDir, 'out', `${step}.err.log`));
  const lines = text.split('\n').map((line) => line.trim());
  return lines.includes(`${address}: upgrade completed`);
}
