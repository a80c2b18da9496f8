import { formatCount } from '../../model/format.js';
import { type Reach, talosctlArgv } from '../argv.js';
import { bootIdNow } from '../steps/node-now.js';
import { bootBehaviour, rebootedSince, rebootStep } from '../steps/reboot.js';
import { type Gates, onNode, runCommand, type StepWorld } from '../steps/world.js';
import type { Sight, Step, StepContext } from '../types.js';
import { disarmedBy } from './armed.js';
import {
  hasInstalled,
  type ImageTarget,
  INSTALL_LIMIT_MS,
  install,
  installArgv,
} from './install.js';
import { runsAsWanted } from './proof.js';
import type { UpgradeTarget } from './target.js';

/** A pull that takes longer has stopped (operations A2, step 2). */
const PULL_TIMEOUT_MS = 600_000;
const LOCAL_PROOF_MS = 5_000;

/** Fetches the image while the node serves: a wrong tag or a registry that is away stops here, with nothing touched. */
export function pullStep(world: Reach, target: ImageTarget): Step {
  const argv = talosctlArgv(
    world,
    target.address,
    ...['image', 'pull', '--namespace', 'system', target.image],
  );
  let isPulled = false;
  const passed = rebootedSince(target, target.bootId);
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passed(context);
    if (over !== null) return { done: true, evidence: over };
    return isPulled
      ? { done: true, evidence: `${target.image} is on the node` }
      : { done: false, lastSeen: 'not pulled by this process' };
  };
  return {
    ...onNode('pull', target),
    title: `Pull the image to ${target.name}`,
    command: { kind: 'argv', argv },
    isDisruptive: false,
    proof: 'talosctl has pulled it',
    expectedMs: 30_000,
    proveTimeoutMs: LOCAL_PROOF_MS,
    stateWhenStopped: 'nothing changed',
    look,
    async run(context) {
      await runCommand(argv, context, target, PULL_TIMEOUT_MS);
      isPulled = true;
    },
    prove: look,
  };
}

/**
 * Writes the new version beside the running one and makes it the next to start: the node is armed. From here on
 * any reboot, whoever orders it, starts the new version.
 */
export function armStep(world: StepWorld, target: UpgradeTarget, gates: Gates): Step {
  const argv = installArgv(world, target);
  const { id } = onNode('arm', target);
  let isInstalled = false;
  const passed = rebootedSince(target, target.bootId);
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passed(context);
    if (over !== null) return { done: true, evidence: over };
    const now = await bootIdNow(target, context);
    if (now !== target.bootId) return { done: false, lastSeen: 'it boots' };
    const run = isInstalled ? null : await disarmedBy(target, context);
    if (run !== null) return { done: false, lastSeen: `run ${run} has disarmed it since` };
    return (await hasInstalled(id, target, context))
      ? { done: true, evidence: `ARMED: the next start of ${target.name} is ${target.image}` }
      : { done: false, lastSeen: 'the installer has not reported its end' };
  };
  return {
    ...onNode('arm', target),
    title: `Install the new version beside the running one on ${target.name}`,
    command: { kind: 'argv', argv },
    isDisruptive: true,
    gates,
    proof: 'The installer has ended well',
    expectedMs: 60_000,
    proveTimeoutMs: LOCAL_PROOF_MS,
    commandTimeoutMs: INSTALL_LIMIT_MS,
    stateWhenStopped: 'perhaps armed: its next start may be the new version',
    look,
    async run(context) {
      await install(argv, target, context);
      isInstalled = true;
    },
    prove: look,
  };
}

/** The old way: the node pulls, drains, installs and starts anew by itself. */
export function upgradeStep(world: StepWorld, target: UpgradeTarget, gates: Gates): Step {
  const argv = talosctlArgv(
    world,
    target.address,
    ...['upgrade', '--image', target.image],
    ...(target.path === 'forced-legacy' ? ['--legacy'] : []),
    ...['--wait', '--timeout', '30m'],
  );
  return {
    ...onNode('upgrade', target),
    title: `Upgrade ${target.name} and wait until it is back`,
    ...bootBehaviour(target, { argv, bootId: target.bootId, isWaiting: true, gates }),
    expectedMs: 240_000,
    stateWhenStopped: 'upgrading or rebooting by itself',
  };
}

/** Of an armed node. */
export const startStep = (world: StepWorld, target: UpgradeTarget, gates: Gates): Step => ({
  ...rebootStep(world, target, { bootId: target.bootId, gates }),
  title: `Reboot ${target.name} into the new version`,
});

/** Extensions and services of a node that has just started come one by one. */
const PROOF_TIMEOUT_MS = 600_000;

/** Changes nothing: the boot was another one, but only this tells of which version (operations A2, step 6). */
export function proofStep(target: UpgradeTarget): Step {
  const look = async (context: StepContext): Promise<Sight> => {
    const lacking = await runsAsWanted(target, context);
    return lacking === null
      ? {
          done: true,
          evidence: `${target.image.slice(target.image.lastIndexOf(':') + 1)}, schematic ${target.schematic.slice(0, 12)}…, ${formatCount(target.extensions.length, 'extension')} as before`,
        }
      : { done: false, lastSeen: lacking };
  };
  return {
    ...onNode('version', target),
    title: `Prove version and extensions of ${target.name}`,
    command: { kind: 'local', text: `compare what ${target.name} runs with ${target.image}` },
    isDisruptive: false,
    proof: 'The version, the schematic and the extensions that were planned',
    expectedMs: 2_000,
    proveTimeoutMs: PROOF_TIMEOUT_MS,
    stateWhenStopped: 'back, its version not proven',
    look,
    run: async () => undefined,
    prove: look,
  };
}
