import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { snapshotStatus } from '../bbolt.js';
import { type Client, needOneNode } from '../client.js';
import { readTarget } from '../config.js';
import { CommandError, prefixedError } from '../errors.js';
import { DATA } from '../messages.js';
import { type Call, type Command, NO_FLAGS, print, withClient } from './command.js';

const CHECKSUM_BYTES = 32;
const SECTOR_BYTES = 512;
const FILE_MODE = 0o600;

/** cmd/talosctl/cmd/talos/etcd.go: a partial file becomes the real one only when it is whole. */
async function run(call: Call): Promise<void> {
  const { args, operands } = call;
  const [path] = operands;
  if (path === undefined || operands.length !== 1) {
    throw new CommandError(`accepts 1 arg(s), received ${operands.length}`);
  }
  needOneNode(readTarget(args), 'etcd snapshot');
  const partial = `${path}.part`;
  await withClient(call, async (client) => {
    try {
      const size = await download(client, partial);
      if (size % SECTOR_BYTES !== CHECKSUM_BYTES) {
        throw new CommandError(`sha256 checksum not found (size ${size})`);
      }
      await rename(partial, path).catch(renamed('error renaming to final location'));
      print(`etcd snapshot saved to ${JSON.stringify(path)} (${size} bytes)\n`);
    } finally {
      await rm(partial, { force: true });
    }
  });
  printInfo(await readFile(path));
}

async function download(client: Client, partial: string): Promise<number> {
  const file = await open(partial, 'w', FILE_MODE).catch(renamed('error creating temporary file'));
  try {
    const size = await copy(client, file);
    await file.sync().catch(renamed('failed to fsync'));
    return size;
  } finally {
    await file.close();
  }
}

async function copy(client: Client, file: FileHandle): Promise<number> {
  let size = 0;
  try {
    for await (const frame of client.streamMachine('EtcdSnapshot', Buffer.alloc(0))) {
      const { metadata, bytes } = DATA.decode(frame);
      if (metadata !== null && metadata.error !== '') {
        throw new CommandError(`${metadata.hostname}: ${metadata.error}`);
      }
      await file.appendFile(bytes);
      size += bytes.length;
    }
  } catch (error) {
    throw error instanceof CommandError
      ? prefixedError('error reading', error)
      : systemError('error reading', error);
  }
  return size;
}

function printInfo(file: Buffer): void {
  try {
    const { hash, revision, totalKeys, totalSize } = snapshotStatus(file);
    const digits = hash.toString(16).padStart(8, '0');
    print(
      `snapshot info: hash ${digits}, revision ${revision}, total keys ${totalKeys}, total size ${totalSize}\n`,
    );
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}

/** `open /x/y.part: permission denied`, as Go's os package says it. */
function systemError(purpose: string, error: unknown): CommandError {
  const { code, syscall, path, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''];
  const what = reason === undefined ? message : `${syscall} ${path ?? ''}: ${reason}`;
  return new CommandError(`${purpose}: ${what.replace(/ : /, ': ')}`);
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EROFS: 'read-only file system',
  EDQUOT: 'disk quota exceeded',
};

const renamed =
  (purpose: string) =>
  (error: unknown): never => {
    throw systemError(purpose, error);
  };

export const ETCD_SNAPSHOT: Command = {
  names: ['etcd', 'snapshot'],
  usage: 'etcd snapshot <path>',
  flags: NO_FLAGS,
  run,
};
