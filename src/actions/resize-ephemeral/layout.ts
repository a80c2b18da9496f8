import { formatBytes, formatList } from '../../model/format.js';
import type { InspectedDrive, NodeInspection, VmInspection } from '../../model/inspection.js';

/** Room that a second partition table and alignment take behind the last partition. */
const TABLE_BYTES = 1024 ** 2;
const GROWING_FILESYSTEMS: readonly string[] = ['xfs', 'ext4'];
const DISK_SLOT = /^(scsi|virtio|sata|ide)\d+$/;

export const isDiskSlot = (slot: string): boolean => DISK_SLOT.test(slot);

export const isIso = ({ isCdrom, volume }: InspectedDrive): boolean =>
  isCdrom && volume !== 'none' && !volume.includes('cloudinit');

/** Disks that a guest could be installed on: neither CDs nor the disks of firmware and TPM. */
export const disksOf = ({ drives }: VmInspection): readonly InspectedDrive[] =>
  drives.filter(({ slot, isCdrom, volume }) => !isCdrom && volume !== 'none' && isDiskSlot(slot));

/**
 * Which drive of the guest is the system disk of Talos (R1): by serial number where both name one, else by size.
 * @returns the sentence that says why it cannot be told
 */
export function systemDrive(
  { systemDisk, disks }: NodeInspection,
  vm: VmInspection,
): InspectedDrive | string {
  const disk = disks.find(({ devicePath }) => devicePath === systemDisk);
  if (systemDisk === null || disk === undefined)
    return 'Talos does not say which disk it runs from';
  const candidates = disksOf(vm);
  const { serial } = disk;
  const bySerial = candidates.filter((drive) => serial !== null && drive.serial === serial);
  const [named, second] = bySerial;
  if (named !== undefined && second === undefined) return named;
  const bySize = candidates.filter(({ sizeBytes }) => sizeBytes === disk.sizeBytes);
  const [found, other] = bySize;
  // The guest has not seen a growth yet: what is alone on both sides is the same.
  const [only, more] = candidates;
  const isAlone = disks.filter((each) => !each.isCdrom && !each.isReadOnly).length === 1;
  if (found === undefined && only !== undefined && more === undefined && isAlone) return only;
  if (found === undefined) {
    return `no disk of the guest has the ${formatBytes(disk.sizeBytes)} of ${systemDisk}`;
  }
  return other === undefined
    ? found
    : `${formatList(bySize.map(({ slot }) => slot))} have the size of ${systemDisk}: which one it is cannot be told`;
}

/** What EPHEMERAL can take of a disk of that size; null when the node does not tell where it begins. */
export function reachableBytes(node: NodeInspection, diskBytes: number): number | null {
  const own = ephemeralPartition(node);
  return own === undefined || own.offsetBytes === null
    ? null
    : diskBytes - own.offsetBytes - TABLE_BYTES;
}

const ephemeralPartition = ({ partitions, systemDisk }: NodeInspection) =>
  partitions.find(({ label, disk }) => label === 'EPHEMERAL' && disk === systemDisk);

/** Why EPHEMERAL would not grow into a larger disk (R2); null when it would. */
export function growthObstacle(node: NodeInspection, diskBytes: number): string | null {
  const { ephemeral, ephemeralConfig, systemDisk, partitions } = node;
  if (ephemeral === null) return 'Talos does not report the volume EPHEMERAL';
  if (ephemeral.phase !== 'ready') {
    return `EPHEMERAL is ${ephemeral.phase}${ephemeral.errorMessage === null ? '' : `: ${ephemeral.errorMessage}`}`;
  }
  if (systemDisk === null) return 'Talos does not say which disk it runs from';
  if (ephemeral.parentLocation !== systemDisk) {
    return `EPHEMERAL is on ${ephemeral.parentLocation ?? 'no known disk'}, not on the system disk ${systemDisk}`;
  }
  if (!GROWING_FILESYSTEMS.includes(ephemeral.filesystem ?? '')) {
    return `EPHEMERAL has the file system ${ephemeral.filesystem ?? 'of an unknown kind'}, which Talos does not grow`;
  }
  if (ephemeralConfig?.grow === false)
    return 'its machine config says that EPHEMERAL does not grow';
  // talos@1.12 to 1.14, volumes/grow.go: what shall stay free is taken for the limit itself when a volume grows.
  const [, spared] = /^-([^%]+)$/.exec(ephemeralConfig?.relativeMaxSize ?? '') ?? [];
  if (spared !== undefined) {
    return `its machine config (maxSize -${spared}) keeps EPHEMERAL at ${spared} at most when it grows`;
  }
  const reachable = reachableBytes(node, diskBytes);
  const most = ephemeralConfig?.maxSizeBytes ?? null;
  if (reachable === null) return 'where EPHEMERAL begins on the disk is not known';
  if (most !== null && most < reachable) {
    return `its machine config keeps EPHEMERAL at ${formatBytes(most)} at most`;
  }
  const begins = ephemeralPartition(node)?.offsetBytes ?? null;
  const behind = partitions.filter(
    ({ disk, label, offsetBytes }) =>
      disk === systemDisk &&
      label !== 'EPHEMERAL' &&
      (offsetBytes === null || begins === null || offsetBytes > begins),
  );
  return behind.length === 0
    ? null
    : `${formatList(behind.map(({ label, device }) => label || device))} lies behind EPHEMERAL on the disk`;
}
