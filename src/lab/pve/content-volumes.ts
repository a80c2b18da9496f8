import { startTask } from '../world/pve-tasks.js';
import type { LabStorage } from '../world/types.js';
import { writtenBytesOf } from '../world/vm.js';
import { destroyDisk, volumeOwner } from '../world/vm-disks.js';
import { hostNamed } from './hosts.js';
import { died } from './refusal.js';
import type { Call } from './route.js';
import { storageNamed } from './storages.js';

const DELETE_MS = 400;

interface Volume {
  readonly storage: LabStorage;
  readonly volid: string;
}

function volumeOf(call: Call): Volume {
  const node = hostNamed(call, call.path.node ?? '').name;
  const storage = storageNamed(call.world, node, call.path.storage ?? '');
  const volume = call.path.volume ?? '';
  return { storage, volid: volume.includes(':') ? volume : `${storage.name}:${volume}` };
}

/** @throws PveRefusal 500 */
export function volumeInfo(call: Call) {
  const { world } = call;
  const { storage, volid } = volumeOf(call);
  const file = storage.files.find((each) => each.volid === volid);
  if (file !== undefined) {
    const { sizeBytes, format } = file;
    return { data: { path: `/var/lib/vz/${volid}`, size: sizeBytes, used: sizeBytes, format } };
  }
  const owner = volumeOwner(world, volid);
  const disk = owner?.disks.find(({ volume }) => volume === volid);
  if (owner === null || disk === undefined) throw died(`volume '${volid}' does not exist`);
  return {
    data: {
      path: `/dev/pve/${volid.split(':')[1] ?? ''}`,
      size: disk.sizeBytes,
      used: writtenBytesOf(world, owner, disk),
      format: 'raw',
    },
  };
}

export function deleteVolume(call: Call) {
  const { world, user } = call;
  const { storage, volid } = volumeOf(call);
  const task = startTask(world, {
    pveNode: storage.pveNode,
    type: 'imgdel',
    objectId: volid.replaceAll(':', '@'),
    user,
    durationMs: DELETE_MS,
    finish: () => remove(call, storage, volid),
  });
  return { data: task.upid };
}

function remove({ world }: Call, storage: LabStorage, volid: string): string {
  const owner = volumeOwner(world, volid);
  const disk = owner?.disks.find(({ volume }) => volume === volid);
  if (owner !== null && disk !== undefined) {
    const name = `pve/${volid.split(':')[1] ?? ''}`;
    if (owner.status === 'running')
      return `lvremove '${name}' error:   Logical volume ${name} in use.`;
    destroyDisk(owner, disk.slot);
    world.touch('pve');
    return 'OK';
  }
  if (!storage.files.some((file) => file.volid === volid))
    return `volume '${volid}' does not exist`;
  storage.files = storage.files.filter((file) => file.volid !== volid);
  world.touch('pve');
  return 'OK';
}
