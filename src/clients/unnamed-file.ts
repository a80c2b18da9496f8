import { closeSync, mkdtempSync, openSync, rmdirSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientError } from '../model/errors.js';

/** Memory rather than a disk, where there is such a thing. */
const DIRECTORIES: readonly string[] = ['/dev/shm', tmpdir()];

export interface UnnamedFile {
  readonly fd: number;
  readonly close: () => void;
}

/**
 * A file that has lost its name before anything is in it: only who is given the descriptor can read it, and it is
 * gone with the last process that has it. A program may open it as /dev/stdin; what Node calls a pipe is a socket,
 * which Linux does not let anybody open.
 * @throws ClientError disk
 */
export function unnamedFile(text: string): UnnamedFile {
  const fd = openUnnamed();
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      // With a place: a program that goes on from where this descriptor is has to find the beginning.
      written += writeSync(fd, bytes, written, bytes.length - written, written);
    }
  } catch (error) {
    closeSync(fd);
    throw noRoom(error);
  }
  return { fd, close: () => closeSync(fd) };
}

function openUnnamed(): number {
  let cause: unknown;
  for (const parent of DIRECTORIES) {
    try {
      return openIn(parent);
    } catch (error) {
      cause = error;
    }
  }
  throw noRoom(cause);
}

function openIn(parent: string): number {
  const directory = mkdtempSync(join(parent, 'talos-tui-'));
  try {
    const path = join(directory, 'input');
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  } finally {
    rmdirSync(directory);
  }
}

const noRoom = (cause: unknown): ClientError =>
  new ClientError(
    'disk',
    `No file could be made to hand something to a program: ${cause instanceof Error ? cause.message : String(cause)}`,
    `Make room in ${DIRECTORIES.join(' or ')}.`,
    { cause },
  );
