import { createHash } from 'node:crypto';
import { startTask } from '../world/pve-tasks.js';
import { storageFigures } from '../world/storage.js';
import type { LabPveTask, LabStorage, World } from '../world/types.js';
import { hostNamed } from './hosts.js';
import { died, invalidParameters, PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';
import { storageNamed } from './storages.js';

const ISO_BYTES = 325_058_560;
const ISO_FOLDER = '/var/lib/vz/template/iso';
/** A hundred megabit per second. */
const DOWNLOAD_MS = 26_000;
const DELETE_MS = 400;

const storageOf = (call: Call): LabStorage =>
  storageNamed(call.world, hostNamed(call, call.path.node ?? '').name, call.path.storage ?? '');

/** Image Factory's paths; anything else on the internet is not there. */
const IMAGE_PATH = /\/image\/[0-9a-f]{64}\/v\d+\.\d+\.\d+[\w.-]*\/[\w.-]+\.(?:iso|qcow2|raw)$/;

const EXTENSIONS: Readonly<Record<string, RegExp>> = {
  iso: /\.(?:iso|img)$/i,
  import: /\.(?:ova|qcow2|raw|vmdk)$/i,
};

function download(call: Call) {
  const { given, world, user } = call;
  const storage = storageOf(call);
  const content = given.content ?? '';
  const pattern = EXTENSIONS[content];
  if (pattern === undefined) {
    throw invalidParameters({
      content: `value '${content}' does not have a value in the enumeration 'iso, vztmpl, import'`,
    });
  }
  if (!storage.content.split(',').includes(content)) {
    throw died(`storage '${storage.name}' is not configured for content-type '${content}'`);
  }
  const name = (given.filename ?? '').replace(/^.*\//, '').replace(/[^\w.-]/g, '_');
  if (!pattern.test(name)) throw new PveRefusal(400, 'filename: wrong file extension');
  if ((given.checksum === undefined) !== (given['checksum-algorithm'] === undefined)) {
    const missing = given.checksum === undefined ? 'checksum' : 'checksum-algorithm';
    throw invalidParameters({ [missing]: `missing property required by 'checksum'` });
  }
  const url = given.url ?? '';
  const task = startTask(world, {
    pveNode: storage.pveNode,
    type: 'download',
    objectId: name,
    user,
    durationMs: DOWNLOAD_MS,
    log: [`downloading ${url} to ${ISO_FOLDER}/${name}`],
    finish: (running) => finishDownload(world, storage, { url, name, content }, given, running),
  });
  return { data: task.upid };
}

interface Wanted {
  readonly url: string;
  readonly name: string;
  readonly content: string;
}

/** The lab's files are their names: this is the sum of every file that a URL gives. */
export const checksumOf = (url: string, algorithm: string): string =>
  createHash(algorithm).update(new URL(url).pathname).digest('hex');

function finishDownload(
  world: World,
  storage: LabStorage,
  { url, name, content }: Wanted,
  given: Call['given'],
  task: LabPveTask,
): string {
  const volid = `${storage.name}:${content}/${name}`;
  if (storage.files.some((file) => file.volid === volid)) {
    return `refusing to override existing file '${ISO_FOLDER}/${name}'`;
  }
  if (!/^https?:\/\//.test(url) || !IMAGE_PATH.test(new URL(url).pathname)) {
    task.log.push('HTTP request sent, awaiting response... 404 Not Found');
    return `download failed: wget exited with error code 8`;
  }
  if (storageFigures(world, storage).availableBytes < ISO_BYTES) {
    return `download failed: cannot write to '${ISO_FOLDER}/${name}' (No space left on device)`;
  }
  task.log.push(
    'HTTP request sent, awaiting response... 200 OK',
    `Length: ${ISO_BYTES} (310M) [application/octet-stream]`,
    ...[25, 50, 75, 100].map((percent) => `     ... ........ ........ ........ ${percent}% 12.4M`),
  );
  const algorithm = given['checksum-algorithm'];
  if (algorithm !== undefined && checksumOf(url, algorithm) !== given.checksum?.toLowerCase()) {
    return `checksum mismatch: got '${checksumOf(url, algorithm)}' != expect '${given.checksum}', aborting`;
  }
  storage.files.push({
    volid,
    format: content === 'iso' ? 'iso' : 'qcow2',
    sizeBytes: ISO_BYTES,
    content,
    createdAtMs: world.clock.now(),
  });
  task.log.push(`download of '${url}' to '${ISO_FOLDER}/${name}' finished`);
  world.touch('pve');
  return 'OK';
}

function deleteFile(call: Call) {
  const { world, user, path } = call;
  const storage = storageOf(call);
  const volid = path.volume ?? '';
  const full = volid.includes(':') ? volid : `${storage.name}:${volid}`;
  const task = startTask(world, {
    pveNode: storage.pveNode,
    type: 'imgdel',
    objectId: full.replaceAll(':', '@'),
    user,
    durationMs: DELETE_MS,
    finish: () => {
      if (!storage.files.some((file) => file.volid === full)) {
        return `volume '${full}' does not exist`;
      }
      storage.files = storage.files.filter((file) => file.volid !== full);
      world.touch('pve');
      return 'OK';
    },
  });
  return { data: task.upid };
}

const STORAGE = '/nodes/{node}/storage/{storage}';

export const STORAGE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: `${STORAGE}/download-url`,
    privilege: ['/storage/{storage}', 'Datastore.AllocateTemplate'],
    parameters: {
      content: 'string',
      filename: 'string',
      url: 'string',
      'checksum?': 'string',
      'checksum-algorithm?': 'string',
      'compression?': 'string',
      'verify-certificates?': 'boolean',
    },
    run: download,
  },
  {
    method: 'DELETE',
    path: `${STORAGE}/content/{volume*}`,
    privilege: ['/storage/{storage}', 'Datastore.Allocate'],
    parameters: { 'delay?': 'integer' },
    run: deleteFile,
  },
];
