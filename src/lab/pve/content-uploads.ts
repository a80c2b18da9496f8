import { createHash } from 'node:crypto';
import { startTask } from '../world/pve-tasks.js';
import { storageFigures } from '../world/storage.js';
import { toExtents } from '../world/vm-disks.js';
import { checkChecksum, contentName } from './download.js';
import { hostNamed } from './hosts.js';
import { died, invalidParameters, PveRefusal } from './refusal.js';
import type { Call } from './route.js';
import { storageNamed } from './storages.js';

const COPY_MS = 1500;
const UNITS: Readonly<Record<string, number>> = { '': 1024, M: 1024 ** 2, G: 1024 ** 3 };

const storageIn = (call: Call) =>
  storageNamed(call.world, hostNamed(call, call.path.node ?? '').name, call.path.storage ?? '');

/** An existing file of the name is overwritten without a word. @throws PveRefusal 400, 500 */
export function upload(call: Call) {
  const { world, user, upload: sent } = call;
  const storage = storageIn(call);
  if (sent === undefined) throw new PveRefusal(501, 'upload needs multipart/form-data');
  const { fields, fileName, content: bytes } = sent;
  const name = contentName(storage, fields.content ?? '', fileName);
  checkChecksum(fields);
  const algorithm = fields['checksum-algorithm'];
  const sum = algorithm === undefined ? null : createHash(algorithm).update(bytes).digest('hex');
  const content = fields.content ?? '';
  const task = startTask(world, {
    pveNode: storage.pveNode,
    type: 'imgcopy',
    objectId: '',
    user,
    durationMs: COPY_MS,
    log: [`starting file import from: /var/tmp/pveupload-${world.random.hex(32)}`],
    finish: () => {
      if (sum !== null && sum !== fields.checksum?.toLowerCase()) {
        return `checksum mismatch: got '${sum}' != expect '${fields.checksum}'`;
      }
      if (storageFigures(world, storage).availableBytes < bytes.length) {
        return 'import failed: No space left on device';
      }
      const volid = `${storage.name}:${content}/${name}`;
      storage.files = [
        ...storage.files.filter((file) => file.volid !== volid),
        {
          volid,
          content,
          format: content === 'iso' ? 'iso' : (/\.(\w+)$/.exec(name)?.[1] ?? 'raw'),
          sizeBytes: bytes.length,
          createdAtMs: world.clock.now(),
        },
      ];
      world.touch('pve');
      return 'OK';
    },
  });
  return { data: task.upid };
}

/** A bare number is KiB here. @throws PveRefusal 400, 500 */
export function allocate(call: Call) {
  const { world, given } = call;
  const storage = storageIn(call);
  const found = /^(\d+)([MG]?)$/.exec(given.size ?? '');
  if (found === null) throw invalidParameters({ size: 'value does not match the regex pattern' });
  const bytes = toExtents(Number(found[1]) * (UNITS[found[2] ?? ''] ?? 1));
  const name = given.filename ?? '';
  if (!storage.content.split(',').includes('images')) {
    throw died(`storage '${storage.name}' does not support content-type 'images'`);
  }
  if (!new RegExp(`^vm-${given.vmid}-[\\w.-]+$`).test(name)) {
    throw died(`illegal name '${name}' - should be 'vm-${given.vmid}-*'`);
  }
  const volid = `${storage.name}:${name}`;
  if (storage.files.some((file) => file.volid === volid)) {
    throw died(
      `unable to create image: Logical Volume "${name}" already exists in volume group "pve"`,
    );
  }
  storage.files.push({
    volid,
    format: 'raw',
    sizeBytes: bytes,
    content: 'images',
    createdAtMs: world.clock.now(),
  });
  world.touch('pve');
  return { data: volid };
}
