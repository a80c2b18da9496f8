import { ClientError } from '../../model/errors.js';
import { formatBytes } from '../../model/format.js';
import type { NodeInspection } from '../../model/inspection.js';
import { freshValue } from '../../model/reading.js';
import { orderCommand } from '../pve-command.js';
import { type Gates, onNode, type Passed } from '../steps/world.js';
import type { PveOrder, Sight, Step, StepContext } from '../types.js';
import { GIB } from './size.js';
import type { GrowingTarget } from './target.js';

/** Of what was added, so much has to arrive: the rest is metadata of the file system. */
const ARRIVING_RATIO = 0.95;
const CONFIG_TIMEOUT_MS = 60_000;
const LIVE_TIMEOUT_MS = 60_000;
const POLL_MS = 2_000;

/** Null while the node does not answer. */
export async function nodeNow(
  { address }: GrowingTarget,
  context: StepContext,
): Promise<NodeInspection | null> {
  const reading = (await context.inspect()).facts.inspection.nodes.get(address);
  return (reading === undefined ? undefined : freshValue(reading)) ?? null;
}

export const hasGrown = (bytes: number, before: number, { growthBytes }: GrowingTarget): boolean =>
  bytes - before >= growthBytes * ARRIVING_RATIO;

/** The volume itself tells that a node is done, whichever process did it. */
export const grown =
  (target: GrowingTarget): Passed =>
  async (context) => {
    const bytes = (await nodeNow(target, context))?.ephemeral?.sizeBytes;
    return bytes !== undefined && hasGrown(bytes, target.ephemeralBytes, target)
      ? `EPHEMERAL has ${formatBytes(bytes)}`
      : null;
  };

export function resizeOrder({ vm, slot, digest, name }: GrowingTarget, sizeGib: number): PveOrder {
  if (vm === null) throw new Error(`${name} has no guest, which planning refuses.`);
  return {
    method: 'PUT',
    path: `/nodes/${vm.pveNode}/qemu/${vm.id}/resize`,
    // Absolute: a repeated order changes nothing, where +10G would grow twice.
    parameters: { disk: slot, size: `${sizeGib}G`, digest },
  };
}

const GROWN = 'disk grown, EPHEMERAL as before';

/** The disk of the guest, as Proxmox configures it. */
export function resizeStep(target: GrowingTarget, sizeGib: number, gates: Gates): Step {
  const order = resizeOrder(target, sizeGib);
  const look = async (context: StepContext): Promise<Sight> => {
    const sight = await configuredSize(target, sizeGib * GIB, context);
    return sight.done ? { ...sight, left: GROWN } : sight;
  };
  return {
    ...onNode('resize', target),
    title: `Grow ${target.slot} of ${target.name} to ${sizeGib} GiB`,
    command: orderCommand(order),
    isDisruptive: true,
    gates,
    proof: 'The size in the configuration of the guest',
    expectedMs: 3_000,
    proveTimeoutMs: CONFIG_TIMEOUT_MS,
    stateWhenStopped: 'disk perhaps grown, EPHEMERAL as before',
    look,
    run: (context) => context.order(order),
    prove: look,
  };
}

async function configuredSize(
  { vm, slot, name }: GrowingTarget,
  wantedBytes: number,
  { pve, signal }: StepContext,
): Promise<Sight> {
  if (pve === null || vm === null) {
    throw new ClientError(
      'configuration',
      `There is no connection to the Proxmox of ${name}.`,
      'Name its Proxmox in the settings of the cluster.',
    );
  }
  const { disks } = await pve.vmConfig(vm.pveNode, vm.id, signal);
  const sizeBytes = disks.find((disk) => disk.slot === slot)?.sizeBytes ?? null;
  if (sizeBytes === null) return { done: false, lastSeen: `${slot} has no size`, left: '' };
  return sizeBytes >= wantedBytes
    ? { done: true, evidence: `${slot} has ${formatBytes(sizeBytes)}` }
    : { done: false, lastSeen: `${slot} has ${formatBytes(sizeBytes)}`, left: '' };
}

/** Whether the guest sees it before it reboots: a kexec alone would not show it a new size. */
export function seeStep(target: GrowingTarget, sizeGib: number): Step {
  const wantedBytes = sizeGib * GIB;
  let isGivenUp = false;
  const look = async (context: StepContext): Promise<Sight> => {
    const node = await nodeNow(target, context);
    const disk = node?.disks.find(({ devicePath }) => devicePath === node.systemDisk);
    if (disk === undefined) return { done: false, lastSeen: 'the node does not tell its disks' };
    return disk.sizeBytes >= wantedBytes
      ? { done: true, evidence: `${disk.devicePath} has ${formatBytes(disk.sizeBytes)}` }
      : { done: false, lastSeen: `${disk.devicePath} has ${formatBytes(disk.sizeBytes)}` };
  };
  return {
    ...onNode('see', target),
    title: `See the larger disk in ${target.name}`,
    command: { kind: 'local', text: `look at the disks of ${target.name}` },
    isDisruptive: false,
    proof: 'The size that Talos reports, or a minute without it',
    expectedMs: 2_000,
    proveTimeoutMs: CONFIG_TIMEOUT_MS,
    look,
    async run(context) {
      for (let waitedMs = 0; waitedMs < LIVE_TIMEOUT_MS; waitedMs += POLL_MS) {
        const sight = await look(context);
        if (sight.done) return;
        context.report(sight.lastSeen);
        await context.clock.sleep(POLL_MS, context.signal);
      }
      context.note(`${target.name} does not see its larger disk yet: the reboot has to show it.`);
      isGivenUp = true;
    },
    async prove(context) {
      const sight = await look(context);
      return sight.done || !isGivenUp
        ? sight
        : { done: true, evidence: `${sight.lastSeen}: only a reboot will show it` };
    },
  };
}
