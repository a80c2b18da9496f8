import { storageFigures } from '../world/storage.js';
import type { LabStorage, World } from '../world/types.js';
import { shuffled } from './order.js';
import { died } from './refusal.js';

const GIB = 1024 ** 3;

/** An inactive storage shows zeros and no `used_fraction`; the reason is in the syslog only. */
function storageStatus(world: World, storage: LabStorage) {
  const { usedBytes, availableBytes, totalBytes } = storageFigures(world, storage);
  const { isActive } = storage;
  return {
    type: storage.type,
    content: storage.content,
    enabled: 1,
    active: isActive ? 1 : 0,
    shared: 0,
    total: isActive ? totalBytes : 0,
    used: isActive ? usedBytes : 0,
    avail: isActive ? availableBytes : 0,
  };
}

export function storageList(world: World, node: string, content: string | undefined) {
  const storages = world.storages.filter(
    (storage) =>
      storage.pveNode === node &&
      (content === undefined || storage.content.split(',').includes(content)),
  );
  return shuffled(world, storages, ({ name }) => name).map((storage) => {
    const status = storageStatus(world, storage);
    return {
      storage: storage.name,
      ...status,
      ...(storage.isActive ? { used_fraction: status.used / status.total } : {}),
    };
  });
}

/** @throws PveRefusal 500 */
export function storageNamed(world: World, node: string, name: string): LabStorage {
  const named = world.storages.filter((storage) => storage.name === name);
  if (named.length === 0) throw died(`storage '${name}' does not exist`);
  const found = named.find((storage) => storage.pveNode === node);
  if (found === undefined) throw died(`storage '${name}' is not available on node '${node}'`);
  return found;
}

export const oneStorage = (world: World, node: string, name: string) =>
  storageStatus(world, storageNamed(world, node, name));

/** Files of a directory, or the volumes of the guests in a thin pool. */
export function storageContent(world: World, storage: LabStorage, content: string | undefined) {
  const files = storage.files.map((file) => ({
    volid: file.volid,
    format: file.format,
    size: file.sizeBytes,
    ctime: Math.floor(file.createdAtMs / 1000),
    content: file.content,
  }));
  const volumes = [...world.vms.values()].flatMap((vm) =>
    vm.disks
      .filter((disk) => disk.storage === storage.name && vm.pveNode === storage.pveNode)
      .map((disk) => ({
        volid: disk.volume,
        format: 'raw',
        size: disk.sizeBytes,
        vmid: vm.vmId,
        // A string here, a number for files: lvs prints it (proxmox.md §5).
        ctime: String(Math.floor(world.facts.startedAtMs / 1000)),
        content: 'images',
      })),
  );
  return shuffled(
    world,
    [...files, ...volumes].filter((item) => content === undefined || item.content === content),
    ({ volid }) => volid,
  );
}

/** Metadata fill of thin pools, which no storage call shows. */
export function thinPools(world: World, node: string) {
  return world.storages
    .filter((storage) => storage.pveNode === node && storage.metadataTotalBytes !== null)
    .map((storage) => {
      const { totalBytes, usedBytes, metadataRatio } = storageFigures(world, storage);
      const metadataBytes = storage.metadataTotalBytes ?? GIB;
      return {
        lv: 'data',
        vg: 'pve',
        lv_size: totalBytes,
        used: usedBytes,
        metadata_size: metadataBytes,
        metadata_used: Math.floor(metadataBytes * (metadataRatio ?? 0)),
      };
    });
}
