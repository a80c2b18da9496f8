import { z } from 'zod';
import { formatList } from '../../model/format.js';
import type { VmId } from '../../model/ids.js';
import type { VmInspection } from '../../model/inspection.js';
import type { Machine } from '../../model/machine.js';
import { machinesOf } from '../../model/machines.js';
import { freshValue, readingError } from '../../model/reading.js';
import { ALL } from '../all.js';
import { lostHostText, refuseLostHost } from '../lost-host.js';
import { type NodeTarget, nodeTargetSchema, resolveTargets } from '../node-target.js';
import { refusal } from '../refusal.js';
import { disksOf, isIso, systemDrive } from '../resize-ephemeral/layout.js';
import type { PlanContext, Refusal } from '../types.js';

const SLOT = /^(scsi|virtio|sata|ide)\d+$/;

export const bootTargetSchema = nodeTargetSchema.extend({
  vm: nodeTargetSchema.shape.vm.unwrap(),
  /** Drive of the system disk. */
  disk: z.string().regex(SLOT),
  /** CD drives with an image in them. */
  media: z.array(z.string().regex(SLOT)),
  isOrderWrong: z.boolean(),
  digest: z.string().regex(/^[0-9a-f]*$/),
  /** It runs, starts from an image, and Talos does not answer: it waits there for good. */
  isHalted: z.boolean(),
  /** `ide2, scsi0`, for people. */
  orderText: z.string(),
});

export type BootTarget = z.infer<typeof bootTargetSchema>;

export interface Found {
  readonly targets: readonly BootTarget[];
  /** What was looked at and left alone, and why. */
  readonly notes: readonly string[];
}

/** The guests of the cluster that start from an image or still have one; named ones, or all. */
export function findTargets(context: PlanContext, nodes: string): Found | Refusal {
  const isAll = nodes.trim() === ALL;
  const machines = machinesOf(context.snapshot).filter(
    ({ talos, kubernetes, vm }) => talos ?? kubernetes ?? vm,
  );
  const strangers = machines.filter(({ isProven, vm, talos }) => !isProven || !vm || !talos);
  const chosen = isAll ? machines.filter((each) => !strangers.includes(each)) : [];
  const named = resolveTargets(
    context,
    isAll ? chosen.map(({ talos }) => talos?.address ?? '').join() : nodes,
  );
  if ('kind' in named) return named;
  if (named.some(({ vm }) => vm !== null && isUnread(context, vm.id))) {
    return refusal('The guests have not been read yet.', 'Wait a moment.', 'G-BOOT');
  }
  const targets: BootTarget[] = [];
  const notes = isAll ? strangers.map((each) => strangerText(context, each)) : [];
  for (const target of named) {
    const found = bootTarget(context, target);
    if (typeof found === 'string') {
      if (!isAll) {
        return (
          refuseLostHost(context.snapshot, target) ??
          refusal(`${found}.`, 'Look at the guest in Proxmox first.', 'G-BOOT')
        );
      }
      notes.push(found);
    } else if (found !== null) {
      targets.push(found);
    } else {
      notes.push(`${target.name} starts from its disk and has no image attached`);
    }
  }
  return { targets, notes };
}

function isUnread({ facts }: PlanContext, id: VmId): boolean {
  const reading = facts.inspection.vms.get(id);
  return reading === undefined || reading.state === 'waiting';
}

const strangerText = ({ snapshot }: PlanContext, { name, vm }: Machine): string =>
  vm === null
    ? `${name} is left alone: ${lostHostText(snapshot, { name, vm }) ?? 'which guest it is, is not known'}`
    : `VM ${vm.id} (${vm.name}) is left alone: it is not proven to be a machine of this cluster`;

/** Null when there is nothing to repair; a sentence when it cannot be told. */
function bootTarget(context: PlanContext, target: NodeTarget): BootTarget | string | null {
  const { vm, name, address } = target;
  if (vm === null) return `which guest ${name} is, is not known`;
  const { vms, nodes } = context.facts.inspection;
  const reading = vms.get(vm.id);
  const guest = reading === undefined ? undefined : freshValue(reading);
  if (guest === undefined) {
    const error = reading === undefined ? undefined : readingError(reading);
    return `VM ${vm.id} of ${name} has not been read${error === undefined ? '' : `: ${error.message}`}`;
  }
  const media = guest.drives.filter(isIso).map(({ slot }) => slot);
  if (media.length === 0) return null;
  const disk = diskOf(nodes.get(address), guest);
  if (disk === null) {
    return `which of ${formatList(disksOf(guest).map(({ slot }) => slot))} ${name} is installed on, cannot be told`;
  }
  const isOrderWrong = [guest.bootOrder, guest.pendingBootOrder].some(
    (order) => firstBootable(guest, order) !== disk,
  );
  const status = context.snapshot.talosNodes.get(address)?.version;
  const error = status === undefined ? undefined : readingError(status);
  const isSilent = error?.kind === 'unreachable' || error?.kind === 'timeout';
  const first = firstBootable(guest, guest.bootOrder);
  return {
    ...target,
    vm,
    disk,
    media,
    isOrderWrong,
    digest: guest.digest,
    isHalted: isSilent && guest.status === 'running' && first !== null && media.includes(first),
    orderText: `${guest.bootOrder.join(', ') || 'not set'}${
      guest.pendingBootOrder.join() === guest.bootOrder.join()
        ? ''
        : `, pending ${guest.pendingBootOrder.join(', ')}`
    }`,
  };
}

/** By Talos itself; of a silent node the one disk that its guest has. */
function diskOf(
  reading: ReturnType<PlanContext['facts']['inspection']['nodes']['get']>,
  guest: VmInspection,
): string | null {
  const node = reading === undefined ? undefined : freshValue(reading);
  const drive = node === undefined ? undefined : systemDrive(node, guest);
  if (drive !== undefined && typeof drive !== 'string') return drive.slot;
  const [only, second] = disksOf(guest);
  if (only !== undefined && second === undefined) return only.slot;
  const ordered = guest.bootOrder.filter((slot) =>
    disksOf(guest).some((each) => each.slot === slot),
  );
  return ordered.length === 1 ? (ordered[0] ?? null) : null;
}

/** The first entry of an order that is a drive, with or without a medium. */
export const firstDrive = (
  { drives }: VmInspection,
  order: readonly string[],
): string | undefined => order.find((entry) => drives.some(({ slot }) => slot === entry));

/** Without an order Proxmox takes the first disk (qemu-server: get_default_bootdevices). */
function firstBootable(guest: VmInspection, order: readonly string[]): string | null {
  const bootable = order
    .flatMap((slot) => guest.drives.filter((drive) => drive.slot === slot))
    .find(({ isCdrom, volume }) => !isCdrom || volume !== 'none');
  return bootable?.slot ?? disksOf(guest)[0]?.slot ?? null;
}
