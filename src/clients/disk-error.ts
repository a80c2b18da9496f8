import { ClientError } from '../model/errors.js';

/** `ENOENT`, `EACCES`, …; null for anything that no system call threw. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

const MEANINGS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ['it does not exist', 'Check the path.'],
  ENOTSUP: [
    'the kernel keeps no files there (as in /proc and /sys)',
    'Choose a directory on a disk.',
  ],
  ENOTDIR: ['a part of its path is no directory', 'Check the path.'],
  EACCES: ['permission denied', 'Check its owner and mode.'],
  EPERM: ['permission denied', 'Check its owner and mode.'],
  EROFS: ['the file system is read-only', 'Choose a directory on a writable file system.'],
  EFBIG: ['it would be larger than allowed', 'Raise the limit of file sizes (ulimit -f).'],
  ENOSPC: ['the disk is full', 'Free some space and try again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and try again.'],
  ELOOP: ['it is a symbolic link', 'Give the path of the file itself.'],
  EEXIST: ['it exists already', 'Choose another name.'],
};

/** What a system call's code means, without its next step. */
export const diskReason = (code: string): string => MEANINGS[code]?.[0] ?? code;

/** Turns an error of a file operation into words; a bug stays what it is. */
export function diskError(what: string, error: unknown): Error {
  const code = errorCode(error);
  if (code === null) return error instanceof Error ? error : new Error(String(error));
  const [reason, hint] = MEANINGS[code] ?? [code, 'Check the disk and the path.'];
  return new ClientError('disk', `${what}: ${reason}.`, hint, { cause: error });
}

/** Runs a file operation; its failure becomes a ClientError of kind `disk`. */
export async function onDisk<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw diskError(what, error);
  }
}
