import type { TalosImage } from './talos-image.js';
import type { LabStorage, LabVm, World } from './types.js';
import { VM_STORAGE, writtenBytesOf } from './vm.js';
import { snapshotBytesOf } from './vm-disks.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const DAY_MS = 86_400_000;

export interface StorageFigures {
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly availableBytes: number;
  /** 0–1; lvmthin only. */
  readonly metadataRatio: number | null;
}

export function createStorages(
  vms: readonly LabVm[],
  pveNode: string,
  nowMs: number,
  /** Whose ISO lies there; null = nobody has fetched one. */
  image: Pick<TalosImage, 'talosVersion' | 'schematic'> | null,
): LabStorage[] {
  const allocated = vms.flatMap((vm) => vm.disks).reduce((sum, disk) => sum + disk.sizeBytes, 0);
  const isos = (image === null ? [] : [image]).map(({ talosVersion, schematic }) => ({
    volid: `local:iso/talos-${talosVersion}-${(schematic ?? '').slice(0, 8)}-metal-amd64.iso`,
    format: 'iso',
    sizeBytes: 325_058_560,
    content: 'iso',
    createdAtMs: nowMs - 41 * DAY_MS,
  }));
  return [
    {
      name: 'local',
      pveNode,
      type: 'dir',
      content: 'iso,vztmpl,backup,import,snippets',
      totalBytes: 100_861_726_720,
      otherBytes: 8_264_531_968,
      metadataTotalBytes: null,
      isActive: true,
      otherMetadataRatio: 0,
      files: isos,
    },
    {
      name: VM_STORAGE,
      pveNode,
      type: 'lvmthin',
      content: 'images,rootdir',
      // A pool of a small host, or for generated sizes one that holds what is really written.
      totalBytes: Math.max(374_538_764_288, Math.ceil((allocated * 0.75) / GIB) * GIB),
      otherBytes: 0,
      metadataTotalBytes: Math.max(3 * GIB, Math.ceil(allocated / 4096 / MIB) * MIB),
      isActive: true,
      otherMetadataRatio: 0,
      files: [],
    },
  ];
}

/** Thin pools count blocks that were really written; directories count files. */
export function storageFigures(world: World, storage: LabStorage): StorageFigures {
  const { totalBytes } = storage;
  const files = storage.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const written = [...world.vms.values()]
    .flatMap((vm) => vm.disks.map((disk) => ({ vm, disk })))
    .filter(({ vm, disk }) => disk.storage === storage.name && vm.pveNode === storage.pveNode)
    .reduce((sum, { vm, disk }) => sum + writtenBytesOf(world, vm, disk), 0);
  const snapshots = [...world.vms.values()]
    .filter((vm) => vm.snapshots.length > 0 && vm.pveNode === storage.pveNode)
    .reduce((sum, vm) => sum + snapshotBytesOf(world, vm, storage), 0);
  const usedBytes = Math.min(totalBytes, storage.otherBytes + files + written + snapshots);
  return {
    totalBytes,
    usedBytes,
    availableBytes: totalBytes - usedBytes,
    metadataRatio:
      storage.metadataTotalBytes === null
        ? null
        : Math.min(1, metadataRatio(usedBytes / totalBytes) + storage.otherMetadataRatio),
  };
}

/** Metadata grows with mapped chunks: never empty, and a full pool has far from full metadata by default. */
const metadataRatio = (dataRatio: number): number => 0.0108 + 0.31 * dataRatio;

/** Somebody's data makes the storage this full; never less than what our disks and files take. @returns the ratio. */
export function fillStorage(world: World, storage: LabStorage, ratio: number): number {
  storage.otherBytes = 0;
  const { usedBytes } = storageFigures(world, storage);
  storage.otherBytes = Math.max(0, Math.ceil(storage.totalBytes * ratio) - usedBytes);
  return storageFigures(world, storage).usedBytes / storage.totalBytes;
}

export const isoOf = (world: World): string =>
  world.storages.flatMap(({ files }) => files).find(({ content }) => content === 'iso')?.volid ??
  'none';
