import { ClientError } from '../../model/errors.js';
import type { Reach } from '../argv.js';
import { bootIdNow } from '../steps/node-now.js';
import { type Gates, onNode, talosOf } from '../steps/world.js';
import type { Sight, Step, StepContext } from '../types.js';
import { hasInstalled, install, installArgv } from '../upgrade-talos/install.js';
import type { DisarmTarget } from './target.js';

const LOCAL_PROOF_MS = 5_000;

/** Writes the running version once more and makes it the next to start (operations A2); nothing is restarted. */
export function disarmStep(world: Reach, target: DisarmTarget, gates: Gates): Step {
  const argv = installArgv(world, target);
  const step = onNode('disarm', target);
  const look = async (context: StepContext): Promise<Sight> => {
    if ((await bootIdNow(target, context)) !== target.bootId) {
      return { done: true, evidence: await startedMeanwhile(target, context) };
    }
    return (await hasInstalled(step.id, target, context))
      ? { done: true, evidence: `the next start of ${target.name} is ${target.image}, as it runs` }
      : { done: false, lastSeen: 'the installer has not reported its end' };
  };
  return {
    ...step,
    title: `Install ${target.version} on ${target.name} as what starts next`,
    command: { kind: 'argv', argv },
    isDisruptive: true,
    gates,
    proof: 'The installer has ended well',
    expectedMs: 60_000,
    proveTimeoutMs: LOCAL_PROOF_MS,
    stateWhenStopped: 'perhaps not disarmed yet: its next start may still be the other version',
    look,
    run: (context) => install(argv, target, context),
    prove: look,
  };
}

/** @throws ClientError when what had been installed runs now */
async function startedMeanwhile(
  { address, name, version }: DisarmTarget,
  context: StepContext,
): Promise<string> {
  const { tag } = await talosOf(context).version(address, context.signal);
  if (tag === version) return `it has been started since, and runs ${version}`;
  throw new ClientError(
    'conflict',
    `${name} has been started since and runs ${tag}: there is nothing left to disarm.`,
    `Go on with upgrade-talos, or go back to ${version} with rollback-node.`,
  );
}
