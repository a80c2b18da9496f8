import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DirectoryFact } from '../model/action-facts.js';
import { ClientError } from '../model/errors.js';
import { diskReason, errorCode, onDisk } from './disk-error.js';
import { makeDirectory, refuseKernelView } from './make-directory.js';

/** A snapshot holds every secret of the cluster: only we may enter its directory. */
export async function inspectDirectory(path: string): Promise<DirectoryFact> {
  const fact = (
    state: DirectoryFact['state'],
    problem: string,
    freeBytes: number | null = null,
  ): DirectoryFact => ({ path, state, problem, freeBytes });
  try {
    const status = await stat(path);
    const problem = status.isDirectory()
      ? problemWithOwner(path, status)
      : `${path} is no directory`;
    if (problem !== null) return fact('unusable', problem);
    await access(path, constants.W_OK | constants.X_OK);
    return fact('ready', '', await freeBytesAt(path));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return await inspectParent(path, fact);
    if (code === null) throw error;
    return fact('unusable', `${path} cannot be written to (${code})`);
  }
}

function problemWithOwner(
  path: string,
  { uid, mode }: { readonly uid: number; readonly mode: number },
): string | null {
  const own = process.getuid?.();
  if (own !== undefined && uid !== own) return `${path} belongs to another user`;
  return (mode & 0o077) === 0
    ? null
    : `${path} is open to others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`;
}

async function inspectParent(
  path: string,
  fact: (
    state: DirectoryFact['state'],
    problem: string,
    freeBytes?: number | null,
  ) => DirectoryFact,
): Promise<DirectoryFact> {
  const parent = await nearestExisting(dirname(path));
  try {
    refuseKernelView(parent);
    await access(parent, constants.W_OK | constants.X_OK);
    return fact('absent', '', await freeBytesAt(parent));
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    return fact(
      'unusable',
      `${path} does not exist and cannot be made in ${parent}: ${diskReason(code)}`,
    );
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path) return path;
    return nearestExisting(parent);
  }
}

async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** @throws ClientError kind `disk` unless the directory is there, ours and closed to others. */
export async function prepareDirectory(path: string): Promise<void> {
  await onDisk(`The directory ${path} cannot be made`, async () => makeDirectory(path));
  const { state, problem } = await inspectDirectory(path);
  if (state === 'ready') return;
  throw new ClientError('disk', `${problem}.`, directoryHint(path));
}

export const directoryHint = (path: string): string =>
  `Make it yours and private: \`chmod 700 ${path}\`, or set another snapshot directory.`;
