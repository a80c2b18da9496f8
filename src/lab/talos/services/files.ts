import { status } from '@grpc/grpc-js';
import type { CallContext, Method, StreamOutlet } from '../calls.js';
import { Failure } from '../failure.js';
import { tarGzip } from '../files/archive.js';
import { rootOf } from '../files/node-files.js';
import { type Directory, type Entry, type Found, find, walk } from '../files/tree.js';
import { ADMINS, READERS } from '../roles.js';

/** Kind to the client; machined reads in pieces of 1 KiB. */
const CHUNK_BYTES = 64 * 1024;
/** Go's os.FileMode. */
const MODE_DIRECTORY = 0x80000000;
const MODE_LINK = 0x08000000;

const treeOf = ({ talos, node }: CallContext): Directory =>
  rootOf({ lab: talos.lab, world: talos.world, node });

const absolute = (path: string): string =>
  `/${path}`.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');

const notFound = (call: string, path: string, code: number): Failure =>
  new Failure(code, `${call} ${path}: no such file or directory`);

async function send(outlet: StreamOutlet, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
    if (!(await outlet.ready())) return;
    outlet.write({ bytes: bytes.subarray(offset, offset + CHUNK_BYTES) });
  }
  if (await outlet.ready()) outlet.end();
}

async function read(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const { path } = message as { readonly path: string };
  const found = find(treeOf(context), path, true);
  if (found === null) throw notFound('stat', path, status.NOT_FOUND);
  if (found.entry.kind !== 'file') {
    throw new Failure(status.UNKNOWN, 'path must be a regular file');
  }
  await send(outlet, found.entry.content());
}

async function copy(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const path = absolute((message as { readonly root_path: string }).root_path);
  const found = find(treeOf(context), path, true);
  if (found === null) throw notFound('lstat', path, status.UNKNOWN);
  await send(outlet, tarGzip(found));
}

interface ListRequest {
  readonly root: string;
  readonly recurse: boolean;
  readonly recursion_depth: number;
  readonly types: readonly string[];
}

const TYPE: Readonly<Record<Entry['kind'], string>> = {
  file: 'REGULAR',
  directory: 'DIRECTORY',
  link: 'SYMLINK',
};

async function list(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const request = message as ListRequest;
  const root = absolute(request.root);
  const found = find(treeOf(context), root, true);
  if (found === null) throw notFound('lstat', root, status.UNKNOWN);
  const depth = request.recurse ? request.recursion_depth || -1 : 0;
  for (const item of walk(found, depth)) {
    if (request.types.length > 0 && !request.types.includes(TYPE[item.entry.kind])) continue;
    if (!(await outlet.ready())) return;
    outlet.write(fileInfo(item, found));
  }
  if (await outlet.ready()) outlet.end();
}

const relativeName = (item: Found, root: Found): string => {
  if (item.path !== root.path) {
    return item.path.slice(root.path === '/' ? 1 : root.path.length + 1);
  }
  return root.entry.kind === 'directory' ? '.' : (root.path.split('/').at(-1) ?? '');
};

const sizeOf = (entry: Entry): number => (entry.kind === 'file' ? entry.sizeBytes : 0);

const KIND_BIT: Readonly<Record<Entry['kind'], number>> = {
  file: 0,
  directory: MODE_DIRECTORY,
  link: MODE_LINK,
};

const fileInfo = (item: Found, root: Found): object => ({
  name: item.path,
  relative_name: relativeName(item, root),
  size: sizeOf(item.entry),
  mode: item.entry.mode + KIND_BIT[item.entry.kind],
  modified: Math.floor(item.entry.modifiedMs / 1000),
  is_dir: item.entry.kind === 'directory',
  link: item.entry.kind === 'link' ? item.entry.target : '',
  uid: item.entry.uid,
  gid: item.entry.gid,
});

interface UsageRequest {
  readonly recursion_depth: number;
  readonly all: boolean;
  readonly threshold: string;
  readonly paths: readonly string[];
}

/** Folders after what they hold, as `du` counts them. machined answers for the first path only. */
async function diskUsage(
  context: CallContext,
  message: object,
  outlet: StreamOutlet,
): Promise<void> {
  const request = message as UsageRequest;
  const path = absolute(request.paths[0] ?? '/');
  const found = find(treeOf(context), path, true);
  if (found === null) {
    outlet.write({
      name: path,
      relative_name: path,
      error: `lstat ${path}: no such file or directory`,
    });
    outlet.end();
    return;
  }
  for (const used of usages(found, found, request)) {
    if (!(await outlet.ready())) return;
    outlet.write(used.info);
  }
  if (await outlet.ready()) outlet.end();
}

interface Usage {
  readonly info: object;
}

function* usages(
  item: Found,
  root: Found,
  request: UsageRequest,
  depth = 0,
): Generator<Usage, number> {
  let size = sizeOf(item.entry);
  if (item.entry.kind === 'directory') {
    for (const [name, entry] of Object.entries(item.entry.children()).sort()) {
      const path = item.path === '/' ? `/${name}` : `${item.path}/${name}`;
      size += yield* usages({ path, entry }, root, request, depth + 1);
    }
  }
  const threshold = Number(request.threshold);
  const isWanted =
    (request.recursion_depth <= 0 || depth < request.recursion_depth) &&
    (item.entry.kind === 'directory' || request.all) &&
    (threshold <= 0 || size >= threshold) &&
    (threshold >= 0 || size <= -threshold);
  if (isWanted) {
    yield { info: { name: item.path, relative_name: relativeName(item, root), size } };
  }
  return size;
}

export const FILE_METHODS: Readonly<Record<string, Method>> = {
  Read: { kind: 'stream', roles: ADMINS, answer: read },
  Copy: { kind: 'stream', roles: ADMINS, answer: copy },
  List: { kind: 'stream', roles: READERS, answer: list },
  DiskUsage: { kind: 'stream', roles: READERS, answer: diskUsage },
};
