import { z } from 'zod';
import { formatBytes, formatList } from '../../model/format.js';
import { freshValue, type Reading, readingError } from '../../model/reading.js';
import { type NodeWork, type WorkTarget, workShape, workTargetSchema } from '../node-work.js';
import { refusal, usageError } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';
import { growthObstacle, reachableBytes, systemDrive } from './layout.js';
import { GIB } from './size.js';

const bytes = z.number().min(0);

const growingSchema = workTargetSchema.extend({
  /** `scsi0` */
  slot: z.string().regex(/^(scsi|virtio|sata|ide)\d+$/),
  storage: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  /** Of the guest's configuration when it was planned: Proxmox refuses the order when it has changed. */
  digest: z.string().regex(/^[0-9a-f]*$/),
  diskBytes: bytes,
  ephemeralBytes: bytes,
  capacityBytes: bytes.nullable(),
  /** Of the file system on EPHEMERAL; null: the node does not tell. */
  roomBytes: bytes.nullable().default(null),
  /** By how much EPHEMERAL can grow. */
  growthBytes: bytes,
});

export type GrowingTarget = z.infer<typeof growingSchema>;

export const resizeSchema = z.strictObject({
  ...workShape,
  sizeGib: z.int().min(1),
  targets: z.array(growingSchema).min(1),
});

export interface ResizeWork extends NodeWork<GrowingTarget> {
  readonly sizeGib: number;
}

/** Less than this is what partition tables and rounding leave over. */
const LEAST_GROWTH_BYTES = GIB / 4;

/** What the node and its guest say about the disk, or why it is not touched. */
export function growingTarget(
  { facts }: PlanContext,
  target: WorkTarget,
  sizeGib: number,
): GrowingTarget | Refusal {
  const { vm, name } = target;
  if (vm === null) {
    return refusal(
      `Which Proxmox guest ${name} is, is not known.`,
      'Configure Proxmox for this cluster and look at the machine on the overview.',
      'G-OWN',
    );
  }
  const { inspection } = facts;
  const node = readNow(inspection.nodes.get(target.address), `The list of disks of ${name}`);
  if ('kind' in node) return node;
  const guest = readNow(inspection.vms.get(vm.id), `VM ${vm.id}`);
  if ('kind' in guest) return guest;
  const drive = systemDrive(node.value, guest.value);
  if (typeof drive === 'string') return refusal(`${name}: ${drive}.`, DISK_HINT, 'R1');
  const { sizeBytes, storage, slot } = drive;
  if (sizeBytes === null || storage === null) {
    return refusal(`${name}: Proxmox does not say how large ${slot} is.`, DISK_HINT, 'R1');
  }
  const wantedBytes = sizeGib * GIB;
  if (wantedBytes < sizeBytes) {
    return usageError(
      `${slot} of ${name} has ${formatBytes(sizeBytes)}: ${sizeGib} GiB would shrink it.`,
      'Set a larger size; a smaller disk needs a new node.',
    );
  }
  const obstacle = growthObstacle(node.value, wantedBytes);
  if (obstacle !== null) {
    return refusal(
      `EPHEMERAL of ${name} would not grow: ${obstacle}.`,
      'Change what keeps it from growing, or replace the node; nothing was touched.',
      'R2',
    );
  }
  const ephemeralBytes = node.value.ephemeral?.sizeBytes ?? 0;
  const growthBytes = (reachableBytes(node.value, wantedBytes) ?? 0) - ephemeralBytes;
  if (growthBytes < LEAST_GROWTH_BYTES) {
    return usageError(
      `${name} has ${formatBytes(sizeBytes)} already, and EPHEMERAL takes all of it.`,
      'Set a larger size.',
    );
  }
  return {
    ...target,
    slot,
    storage,
    digest: guest.value.digest,
    diskBytes: sizeBytes,
    ephemeralBytes,
    capacityBytes: freshValue(inspection.kube)?.capacityBytes.get(name) ?? null,
    roomBytes: node.value.ephemeralRoom?.sizeBytes ?? null,
    growthBytes,
  };
}

const DISK_HINT = 'Compare the disks of the guest with `talosctl get disks`.';

function readNow<T>(
  reading: Reading<T> | undefined,
  what: string,
): { readonly value: T } | Refusal {
  const value = reading === undefined ? undefined : freshValue(reading);
  if (value !== undefined) return { value };
  const error = reading === undefined ? undefined : readingError(reading);
  return error === undefined
    ? refusal(`${what} has not been read yet.`, 'Wait a moment.', 'R1')
    : refusal(`${what} cannot be read: ${error.message}`, error.hint, 'R1');
}

/** What is asked once more: a growth of more than four times is seldom meant. */
export const isLarge = ({ sizeGib, targets }: ResizeWork): boolean =>
  targets.some(({ diskBytes }) => sizeGib * GIB > 4 * diskBytes);

export const largeText = ({ sizeGib, targets }: ResizeWork): string =>
  `${sizeGib} GiB is more than four times the size of ${formatList(targets.filter(({ diskBytes }) => sizeGib * GIB > 4 * diskBytes).map(({ name, diskBytes }) => `${name} (${formatBytes(diskBytes)})`))}`;
