import type { SystemDisk } from './talos-types.js';
import type { LabDisk, LabNode, LabVm, World } from './types.js';
import { vmOf } from './vm.js';

const MIB = 1024 ** 2;
/** Nothing is gained by less (talos: partitions grow in whole MiB). */
const LEAST_GROWTH_BYTES = MIB;
/** virtio-scsi tells the guest; the kernel re-reads and Talos notices the uevent. */
const NOTICE_MS = 1500;

export type PartitionLabel = 'EFI' | 'BIOS' | 'BOOT' | 'META' | 'STATE' | 'EPHEMERAL';

export interface Partition {
  readonly index: number;
  readonly label: PartitionLabel;
  readonly filesystem: string;
  readonly offset: number;
  readonly size: number;
}

interface Part {
  readonly label: PartitionLabel;
  readonly filesystem: string;
  readonly size: number;
}

/** Layout of a fresh UEFI installation (UKI), and of one that GRUB boots (talos.md §5.2). */
const LAYOUT: Readonly<Record<SystemDisk['bootloader'], readonly Part[]>> = {
  'sd-boot': [{ label: 'EFI', filesystem: 'vfat', size: 2098 * MIB }],
  grub: [
    { label: 'EFI', filesystem: 'vfat', size: 100 * MIB },
    { label: 'BIOS', filesystem: '', size: MIB },
    { label: 'BOOT', filesystem: 'xfs', size: 2000 * MIB },
  ],
};
const COMMON: readonly Part[] = [
  { label: 'META', filesystem: 'talosmeta', size: MIB },
  { label: 'STATE', filesystem: 'xfs', size: 100 * MIB },
];

export function partitionsOf({ bootloader, ephemeralBytes }: SystemDisk): readonly Partition[] {
  const parts: readonly Part[] = [
    ...LAYOUT[bootloader],
    ...COMMON,
    ...(ephemeralBytes === null
      ? []
      : [{ label: 'EPHEMERAL' as const, filesystem: 'xfs', size: ephemeralBytes }]),
  ];
  let offset = MIB;
  return parts.map((part, position) => {
    const partition = { ...part, index: position + 1, offset };
    offset += part.size;
    return partition;
  });
}

/** What EPHEMERAL could take of a disk: everything behind the others, less the second partition table. */
export function roomForEphemeral(bootloader: SystemDisk['bootloader'], diskBytes: number): number {
  const before = [...LAYOUT[bootloader], ...COMMON].reduce((sum, { size }) => sum + size, MIB);
  return Math.max(0, Math.floor((diskBytes - before - MIB) / MIB) * MIB);
}

/**
 * talos.md §5.4: volumes are located, made and grown at boot and never afterwards; EPHEMERAL never shrinks.
 * @returns whether it grew.
 */
export function provisionVolumes(world: World, node: LabNode): boolean {
  const { systemDisk } = node.machine;
  if (systemDisk === null) return false;
  const seen = node.machine.seenDisks.get(systemDisk.slot) ?? 0;
  const settings = systemDisk.config?.settings;
  const limit = settings?.ephemeralMaxBytes ?? Number.POSITIVE_INFINITY;
  const room = Math.min(roomForEphemeral(systemDisk.bootloader, seen), limit);
  const before = systemDisk.ephemeralBytes;
  const grows = before === null || (settings?.growsEphemeral ?? true);
  if (!grows || room < (before ?? 0) + LEAST_GROWTH_BYTES) return false;
  systemDisk.ephemeralBytes = room;
  world.touch(`talos:${node.hostname}`);
  return before !== null;
}

/** Disks that the guest's kernel calls sda, sdb, …, in that order. */
export const guestDisks = (vm: LabVm): readonly LabDisk[] =>
  vm.disks.filter(({ slot }) => /^(?:scsi|virtio|sata)\d+$/.test(slot));

/** `sda` for the first, as virtio-scsi and SATA disks are called. */
export const diskNameOf = (position: number): string =>
  `sd${String.fromCharCode('a'.charCodeAt(0) + position)}`;

export const seenBytes = (node: LabNode, disk: LabDisk): number =>
  node.machine.seenDisks.get(disk.slot) ?? disk.sizeBytes;

/** A fresh kernel sees what is there. */
export function seeDisks(world: World, node: LabNode): void {
  node.machine.seenDisks.clear();
  for (const disk of vmOf(world, node)?.disks ?? []) {
    node.machine.seenDisks.set(disk.slot, disk.sizeBytes);
  }
}

const tellsSizes = (vm: LabVm, slot: string): boolean =>
  slot.startsWith('virtio') ||
  (slot.startsWith('scsi') && String(vm.config.scsihw ?? '').startsWith('virtio-scsi'));

/** Disks may grow while the guest runs: virtio tells it, other controllers wait for the next boot. */
export function runDiskNotices(world: World): void {
  world.subscribe((topics) => {
    if (!topics.includes('pve')) return;
    for (const node of world.nodes.values()) {
      const vm = vmOf(world, node);
      if (vm === undefined || !node.isUp) continue;
      for (const disk of vm.disks) notice(world, node, vm, disk);
    }
  });
}

function notice(world: World, node: LabNode, vm: LabVm, disk: LabDisk): void {
  const seen = node.machine.seenDisks.get(disk.slot);
  if (seen === undefined || seen === disk.sizeBytes || !tellsSizes(vm, disk.slot)) return;
  const { bootId } = node;
  world.clock.after(NOTICE_MS, () => {
    if (node.bootId !== bootId || !node.isUp) return;
    node.machine.seenDisks.set(disk.slot, disk.sizeBytes);
    world.touch(`talos:${node.hostname}`);
  });
}
