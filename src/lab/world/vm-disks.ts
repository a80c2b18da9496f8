import type { LabDisk, LabStorage, LabVm, World } from './types.js';
import { countWrites, writtenBytesOf } from './vm.js';

const KIB = 1024;
/** LVM rounds every volume up to whole extents. */
const EXTENT_BYTES = 4 * 1024 ** 2;
const UNITS: readonly string[] = ['T', 'G', 'M', 'K'];

const factorOf = (unit: string): number =>
  unit === '' ? 1 : KIB ** (UNITS.length - UNITS.indexOf(unit));

export const toExtents = (bytes: number): number => Math.ceil(bytes / EXTENT_BYTES) * EXTENT_BYTES;

/** As a drive string says it: `20G`, `528K`. */
export function sizeText(bytes: number): string {
  const unit = UNITS.find((each) => bytes % factorOf(each) === 0);
  return unit === undefined ? String(bytes) : `${bytes / factorOf(unit)}${unit}`;
}

/** `+5G` adds, `30G` is absolute, a bare number is bytes; null = no size. */
export function newSizeBytes(text: string, nowBytes: number): number | null {
  const found = /^(?<plus>\+?)(?<number>\d+(?:\.\d+)?)(?<unit>[KMGT]?)$/.exec(text)?.groups;
  if (found === undefined) return null;
  const bytes = Number(found.number) * factorOf(found.unit ?? '');
  return toExtents(found.plus === '+' ? nowBytes + bytes : bytes);
}

export const storageOf = (world: World, vm: LabVm, name: string): LabStorage | undefined =>
  world.storages.find((storage) => storage.name === name && storage.pveNode === vm.pveNode);

export const diskIn = (vm: LabVm, slot: string): LabDisk | undefined =>
  vm.disks.find((disk) => disk.slot === slot);

/** `vm-104-disk-2`: the lowest number that no volume of this guest has, left-overs included. */
export function allocateDisk(
  world: World,
  vm: LabVm,
  slot: string,
  storage: LabStorage,
  sizeBytes: number,
): LabDisk {
  const taken = new Set([
    ...vm.disks.map(({ volume }) => volume),
    ...storage.files.map(({ volid }) => volid),
  ]);
  let number = 0;
  const isFile = storage.type === 'dir';
  const volumeOf = (k: number): string =>
    isFile
      ? `${storage.name}:${vm.vmId}/vm-${vm.vmId}-disk-${k}.raw`
      : `${storage.name}:vm-${vm.vmId}-disk-${k}`;
  while (taken.has(volumeOf(number))) number += 1;
  const disk: LabDisk = {
    slot,
    volume: volumeOf(number),
    storage: storage.name,
    sizeBytes: toExtents(sizeBytes),
    writtenBytes: 0,
  };
  vm.disks.push(disk);
  world.touch('pve');
  return disk;
}

/** The guest that a volume belongs to; null = nobody's. */
export const volumeOwner = (world: World, volume: string): LabVm | null =>
  [...world.vms.values()].find((vm) => vm.disks.some((disk) => disk.volume === volume)) ?? null;

/** The drive goes, its volume stays as `unusedN`. */
export function detachDisk(vm: LabVm, slot: string): void {
  const disk = diskIn(vm, slot);
  if (disk === undefined) return;
  let number = 0;
  while (vm.config[`unused${number}`] !== undefined) number += 1;
  disk.slot = `unused${number}`;
  vm.config[disk.slot] = disk.volume;
}

export function destroyDisk(vm: LabVm, slot: string): void {
  vm.disks = vm.disks.filter((disk) => disk.slot !== slot);
}

/** The new size is real at once, for the guest too. */
export function growDisk(world: World, vm: LabVm, disk: LabDisk, sizeBytes: number): void {
  countWrites(world, vm);
  disk.sizeBytes = sizeBytes;
  const drive = String(vm.config[disk.slot] ?? disk.volume);
  const [volume = '', ...options] = drive.split(',').filter((part) => !part.startsWith('size='));
  vm.config[disk.slot] = [volume, ...[...options, `size=${sizeText(sizeBytes)}`].sort()].join(',');
  world.touch('pve');
}

/** Blocks that only snapshots hold: what the guest has overwritten since each of them. */
export function snapshotBytesOf(world: World, vm: LabVm, storage: LabStorage): number {
  const held = vm.snapshots.flatMap((snapshot) =>
    vm.disks
      .filter((disk) => disk.storage === storage.name)
      .map((disk) => {
        const then = snapshot.writtenBytes.get(disk.volume) ?? 0;
        return Math.min(then, Math.max(0, writtenBytesOf(world, vm, disk) - then));
      }),
  );
  return held.reduce((sum, bytes) => sum + bytes, 0);
}

export interface SnapshotOrder {
  readonly name: string;
  readonly description: string;
}

export function takeSnapshot(world: World, vm: LabVm, order: SnapshotOrder): void {
  countWrites(world, vm);
  const snapshot = {
    ...order,
    createdAtMs: world.clock.now(),
    parent: vm.parentSnapshot,
    config: { ...vm.config },
    writtenBytes: new Map(vm.disks.map((disk) => [disk.volume, disk.writtenBytes])),
  };
  vm.snapshots = [...vm.snapshots, snapshot];
  vm.parentSnapshot = order.name;
  world.touch('pve');
}

export function deleteSnapshot(world: World, vm: LabVm, name: string): void {
  const gone = vm.snapshots.find((snapshot) => snapshot.name === name);
  vm.snapshots = vm.snapshots
    .filter((snapshot) => snapshot !== gone)
    .map((snapshot) =>
      snapshot.parent === name ? { ...snapshot, parent: gone?.parent ?? null } : snapshot,
    );
  if (vm.parentSnapshot === name) vm.parentSnapshot = gone?.parent ?? null;
  world.touch('pve');
}
