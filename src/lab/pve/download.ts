import { createHash } from 'node:crypto';
import { startTask } from '../world/pve-tasks.js';
import { storageFigures } from '../world/storage.js';
import { factoryAsset, type TalosImage } from '../world/talos-image.js';
import type { LabFile, LabPveTask, LabStorage, World } from '../world/types.js';
import { isAllowed } from './access.js';
import { hostNamed } from './hosts.js';
import { died, invalidParameters, missingPrivilege, PveRefusal } from './refusal.js';
import type { Call } from './route.js';
import { storageNamed } from './storages.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const ISO_BYTES = 325_058_560;
/** A compressed disk image, and what a guest sees of it. */
const IMAGE_BYTES = 182_452_224;
const IMAGE_DISK_BYTES = 8 * GIB;
/** `Not Found`: what a proxy in between may answer with a friendly 200. */
const ERROR_PAGE_BYTES = 9;
const FOLDERS: Readonly<Record<string, string>> = {
  iso: '/var/lib/vz/template/iso',
  import: '/var/lib/vz/import',
};
/** A hundred megabit per second. */
const DOWNLOAD_MS = 26_000;

const EXTENSIONS: Readonly<Record<string, RegExp>> = {
  iso: /\.(?:iso|img)$/i,
  import: /\.(?:ova|qcow2|raw|vmdk)$/i,
};
const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const COMPRESSIONS = ['gz', 'lzo', 'zst', 'bz2'];

/** The name that a file gets: without its path, unusual characters replaced. @throws PveRefusal 400, 500 */
export function contentName(storage: LabStorage, content: string, wanted: string): string {
  const pattern = EXTENSIONS[content];
  if (pattern === undefined) {
    throw invalidParameters({
      content: `value '${content}' does not have a value in the enumeration 'iso, vztmpl, import'`,
    });
  }
  if (storage.type !== 'dir') {
    throw died(`can't upload to storage type '${storage.type}', not a file based storage!`);
  }
  if (!storage.content.split(',').includes(content)) {
    throw died(`storage '${storage.name}' is not configured for content-type '${content}'`);
  }
  const name = wanted.replace(/^.*\//, '').replace(/[^\w.-]/g, '_');
  if (!pattern.test(name)) throw new PveRefusal(400, 'filename: wrong file extension');
  return name;
}

/** @throws PveRefusal 400 */
export function checkChecksum(given: Call['given']): void {
  const { checksum, 'checksum-algorithm': algorithm } = given;
  if ((checksum === undefined) !== (algorithm === undefined)) {
    const missing = checksum === undefined ? 'checksum' : 'checksum-algorithm';
    throw invalidParameters({ [missing]: `missing property required by 'checksum'` });
  }
  if (algorithm !== undefined && !ALGORITHMS.includes(algorithm)) {
    throw invalidParameters({
      'checksum-algorithm': `value '${algorithm}' does not have a value in the enumeration '${ALGORITHMS.join(', ')}'`,
    });
  }
}

/** @throws PveRefusal 403 */
function needNetwork(call: Call, node: string): void {
  const isAdministrator = ['Sys.Audit', 'Sys.Modify'].every((each) => isAllowed(call, '/', each));
  if (isAdministrator || isAllowed(call, `/nodes/${node}`, 'Sys.AccessNetwork')) return;
  throw missingPrivilege(`/nodes/${node}`, 'Sys.AccessNetwork');
}

/** @throws PveRefusal 400 */
function checkCompression({ compression, content }: Call['given']): void {
  if (compression === undefined) return;
  if (!COMPRESSIONS.includes(compression)) {
    throw invalidParameters({
      compression: `value '${compression}' does not have a value in the enumeration '${COMPRESSIONS.join(', ')}'`,
    });
  }
  if (content === 'import') throw new PveRefusal(400, 'decompression not supported for import');
}

export function download(call: Call) {
  const { given, world, user } = call;
  const node = hostNamed(call, call.path.node ?? '').name;
  const storage = storageNamed(world, node, call.path.storage ?? '');
  needNetwork(call, node);
  const content = given.content ?? '';
  const name = contentName(storage, content, given.filename ?? '');
  checkChecksum(given);
  checkCompression(given);
  const url = given.url ?? '';
  if (!/^https?:\/\/\S+$/.test(url)) {
    throw invalidParameters({ url: 'value does not match the regex pattern' });
  }
  const wanted = { url, name, content, folder: FOLDERS[content] ?? '' };
  const task = startTask(world, {
    pveNode: storage.pveNode,
    type: 'download',
    objectId: name,
    user,
    durationMs: DOWNLOAD_MS,
    log: [`downloading ${url} to ${wanted.folder}/${name}`],
    finish: (running) => finish(world, storage, wanted, given, running),
  });
  return { data: task.upid };
}

interface Wanted {
  readonly url: string;
  readonly name: string;
  readonly content: string;
  readonly folder: string;
}

/** The lab's files are their names: this is the sum of every file that a URL gives. */
export const checksumOf = (url: string, algorithm: string): string =>
  createHash(algorithm).update(new URL(url).pathname).digest('hex');

function finish(
  world: World,
  storage: LabStorage,
  { url, name, content, folder }: Wanted,
  given: Call['given'],
  task: LabPveTask,
): string {
  const volid = `${storage.name}:${content}/${name}`;
  const algorithm = given['checksum-algorithm'];
  const isSame =
    algorithm === undefined || checksumOf(url, algorithm) === given.checksum?.toLowerCase();
  const path = `${folder}/${name}`;
  if (storage.files.some((file) => file.volid === volid)) {
    if (algorithm === undefined) return `refusing to override existing file '${path}'`;
    if (!isSame) return mismatch(url, given);
    task.log.push(`OK, got correct file already, no need to download`);
    return 'OK';
  }
  const image = factoryAsset(world, new URL(url).pathname);
  const isShort = world.faults.shortDownloads > 0;
  if (image === null && !isShort) {
    task.log.push('HTTP request sent, awaiting response... 404 Not Found');
    return `download failed: wget exited with error code 8`;
  }
  const file = isShort
    ? errorPage(world, volid, content)
    : imageFile(world, { volid, content, url, image });
  if (storageFigures(world, storage).availableBytes < file.sizeBytes) {
    return `download failed: cannot write to '${path}' (No space left on device)`;
  }
  task.log.push(...progress(file.sizeBytes));
  if (!isSame) return mismatch(url, given);
  storage.files.push(file);
  task.log.push(`download of '${url}' to '${path}' finished`);
  world.touch('pve');
  return 'OK';
}

const mismatch = (
  url: string,
  { checksum, 'checksum-algorithm': algorithm = 'sha256' }: Call['given'],
) => `checksum mismatch: got '${checksumOf(url, algorithm)}' != expect '${checksum}', aborting`;

const progress = (sizeBytes: number): readonly string[] => [
  'HTTP request sent, awaiting response... 200 OK',
  `Length: ${sizeBytes} (${Math.ceil(sizeBytes / MIB)}M) [application/octet-stream]`,
  ...[25, 50, 75, 100].map((percent) => `     ... ........ ........ ........ ${percent}% 12.4M`),
];

function errorPage(world: World, volid: string, content: string): LabFile {
  world.faults.shortDownloads -= 1;
  return {
    volid,
    content,
    format: content === 'iso' ? 'iso' : 'raw',
    sizeBytes: ERROR_PAGE_BYTES,
    createdAtMs: world.clock.now(),
  };
}

interface Fetched {
  readonly volid: string;
  readonly content: string;
  readonly url: string;
  readonly image: TalosImage | null;
}

function imageFile(world: World, { volid, content, url, image }: Fetched): LabFile {
  const isIso = content === 'iso' && url.endsWith('.iso');
  return {
    volid,
    content,
    format: content === 'iso' ? 'iso' : (/\.(\w+)$/.exec(volid)?.[1] ?? 'raw'),
    sizeBytes: isIso ? ISO_BYTES : IMAGE_BYTES,
    createdAtMs: world.clock.now(),
    ...(image === null ? {} : { image }),
    ...(isIso ? {} : { diskBytes: IMAGE_DISK_BYTES }),
  };
}
