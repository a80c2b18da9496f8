import { ClientError } from '../../model/errors.js';
import type { VmInspection } from '../../model/inspection.js';
import { freshValue, readingError } from '../../model/reading.js';
import { orderCommand } from '../pve-command.js';
import { bootIdIfAnswering } from '../steps/node-now.js';
import { type Gates, onNode } from '../steps/world.js';
import type { PveOrder, Sight, Step, StepContext } from '../types.js';
import { type BootTarget, firstDrive } from './target.js';

const CONFIG_TIMEOUT_MS = 60_000;
/** PVE tasks (operations 2.7). */
const POWER_TIMEOUT_MS = 600_000;

/** @throws ClientError while Proxmox cannot be asked */
async function guestNow({ vm, name }: BootTarget, context: StepContext): Promise<VmInspection> {
  const reading = (await context.inspect()).facts.inspection.vms.get(vm.id);
  const guest = reading === undefined ? undefined : freshValue(reading);
  if (guest !== undefined) return guest;
  const error = reading === undefined ? undefined : readingError(reading);
  throw new ClientError(
    'unreachable',
    error?.message ?? `VM ${vm.id} of ${name} cannot be read.`,
    error?.hint ?? 'Look at Proxmox.',
  );
}

const pathOf = ({ vm }: BootTarget, rest: string): string =>
  `/nodes/${vm.pveNode}/qemu/${vm.id}/${rest}`;

/**
 * Image first, order second, in orders of their own: in one, Proxmox handles the keys in any sequence, and the
 * drive may be appended to the new order (proxmox reference 10.4).
 */
export const configSteps = (target: BootTarget): readonly Step[] => [
  ...target.media.map((slot, index) => ejectStep(target, slot, index === 0)),
  ...(target.isOrderWrong ? [bootStep(target)] : []),
];

function ejectStep(target: BootTarget, slot: string, isFirst: boolean): Step {
  const order: PveOrder = {
    method: 'PUT',
    path: pathOf(target, 'config'),
    // Of the plan: what was changed in between is refused. Later orders follow our own change.
    parameters: { [slot]: 'none,media=cdrom', ...(isFirst ? { digest: target.digest } : {}) },
  };
  const look = async (context: StepContext): Promise<Sight> => {
    const drive = (await guestNow(target, context)).drives.find((each) => each.slot === slot);
    return drive === undefined || drive.volume === 'none'
      ? { done: true, evidence: `${slot} is empty` }
      : { done: false, lastSeen: `${slot} holds ${drive.volume}`, left: '' };
  };
  return {
    ...onNode(`eject-${slot}`, target),
    title: `Take the image out of ${slot} of ${target.name}`,
    command: orderCommand(order),
    isDisruptive: false,
    proof: 'The drive is empty in the configuration',
    expectedMs: 1_000,
    proveTimeoutMs: CONFIG_TIMEOUT_MS,
    stateWhenStopped: 'image perhaps taken out',
    look,
    run: (context) => context.order(order),
    prove: look,
  };
}

function bootStep(target: BootTarget): Step {
  const order: PveOrder = {
    method: 'PUT',
    path: pathOf(target, 'config'),
    parameters: { boot: `order=${target.disk}` },
  };
  const look = async (context: StepContext): Promise<Sight> => {
    const guest = await guestNow(target, context);
    const next = guest.pendingBootOrder;
    if (next[0] !== target.disk) {
      return { done: false, lastSeen: `boot order ${next.join(', ') || 'not set'}`, left: '' };
    }
    const isPending = next.join() !== guest.bootOrder.join();
    return {
      done: true,
      evidence: `boot order ${next.join(', ')}${isPending ? ', pending until the next cold start' : ''}`,
    };
  };
  return {
    ...onNode('boot-order', target),
    title: `Let ${target.name} start from ${target.disk}`,
    command: orderCommand(order),
    isDisruptive: false,
    proof: 'The boot order, or the pending one, begins with the system disk',
    expectedMs: 1_000,
    proveTimeoutMs: CONFIG_TIMEOUT_MS,
    stateWhenStopped: 'boot order perhaps changed',
    look,
    run: (context) => context.order(order),
    prove: look,
  };
}

/** A cold start: only QEMU's own end brings a pending boot order in. */
export const restartSteps = (target: BootTarget, gates: Gates): readonly Step[] => [
  stopStep(target, gates),
  startStep(target),
];

/** Since our change the guest was started cold, or it answers anyway. */
async function restarted(target: BootTarget, context: StepContext): Promise<string | null> {
  if ((await bootIdIfAnswering(target, context)) !== null) return `${target.name} answers`;
  const guest = await guestNow(target, context);
  return guest.status === 'running' && firstDrive(guest, guest.bootOrder) === target.disk
    ? `started from ${target.disk}`
    : null;
}

const STOPPED = 'its guest is stopped: start it in Proxmox, or resume the run';

function stopStep(target: BootTarget, gates: Gates): Step {
  const order: PveOrder = { method: 'POST', path: pathOf(target, 'status/stop'), parameters: {} };
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await restarted(target, context);
    if (over !== null) return { done: true, evidence: over };
    const { status } = await guestNow(target, context);
    return status === 'stopped'
      ? { done: true, evidence: 'stopped', left: STOPPED }
      : { done: false, lastSeen: status, left: '' };
  };
  return {
    ...onNode('stop', target),
    title: `Stop the guest of ${target.name}, which waits in its image`,
    command: orderCommand(order),
    isDisruptive: true,
    gates,
    proof: 'The guest is stopped',
    expectedMs: 5_000,
    proveTimeoutMs: POWER_TIMEOUT_MS,
    stateWhenStopped: 'perhaps stopped',
    look,
    run: (context) => context.order(order),
    prove: look,
  };
}

function startStep(target: BootTarget): Step {
  const order: PveOrder = { method: 'POST', path: pathOf(target, 'status/start'), parameters: {} };
  const look = async (context: StepContext): Promise<Sight> => {
    const { status } = await guestNow(target, context);
    return status === 'running'
      ? { done: true, evidence: 'running' }
      : { done: false, lastSeen: status, left: STOPPED };
  };
  return {
    ...onNode('start', target),
    title: `Start the guest of ${target.name} from its disk`,
    command: orderCommand(order),
    isDisruptive: false,
    proof: 'The guest runs',
    expectedMs: 5_000,
    proveTimeoutMs: POWER_TIMEOUT_MS,
    stateWhenStopped: 'its guest starts, or is stopped still',
    look,
    run: (context) => context.order(order),
    prove: look,
  };
}
