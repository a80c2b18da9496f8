import { pauseByIoError } from './power.js';
import { storageFigures } from './storage.js';
import type { LabStorage, World } from './types.js';

/** How soon a guest notices that nothing of what it writes arrives. */
const WRITE_MS = 10_000;

const isExhausted = (world: World, storage: LabStorage): boolean => {
  const { usedBytes, totalBytes, metadataRatio } = storageFigures(world, storage);
  return usedBytes >= totalBytes || (metadataRatio ?? 0) >= 1;
};

/** proxmox.md §13.8: at 100 % of data or of metadata every guest with a disk there stops at its next write. */
function check(world: World): void {
  for (const storage of world.storages) {
    if (storage.type !== 'lvmthin' || !isExhausted(world, storage)) continue;
    const writing = [...world.vms.values()].filter(
      (vm) =>
        vm.status === 'running' &&
        vm.qmpStatus === 'running' &&
        vm.pveNode === storage.pveNode &&
        vm.disks.some((disk) => disk.storage === storage.name),
    );
    for (const vm of writing) pauseByIoError(world, vm);
    if (writing.length > 0) world.touch('pve');
  }
}

export function runPools(world: World): void {
  world.clock.every(WRITE_MS, () => check(world));
}
