import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { diskError } from '../clients/disk-error.js';
import { ClientError } from '../model/errors.js';

export interface Flock {
  /** Children that inherit it keep the lock until they end too. */
  readonly fd: number;
  readonly release: () => void;
}

const FD_IN_CHILD = '3';
const BUSY_EXIT_CODE = 1;

/**
 * The kernel's own file lock: it ends with its holder, so that no stale lock is ever to be judged. Node has no
 * such call, but the lock belongs to the open file, which the program `flock` shares with us: it stays ours when
 * that program has ended.
 * @returns null when somebody else holds it.
 * @throws ClientError
 */
export function tryFlock(path: string): Flock | null {
  let fd: number;
  try {
    fd = openSync(path, 'a+', 0o600);
  } catch (error) {
    throw diskError(`The lock ${path} cannot be opened`, error);
  }
  const { status, error } = spawnSync('flock', ['--nonblock', '--exclusive', FD_IN_CHILD], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  if (status === 0) return { fd, release: () => closeSync(fd) };
  closeSync(fd);
  if (status === BUSY_EXIT_CODE) return null;
  throw new ClientError(
    'program-missing',
    'The program flock cannot be run; without it two runs could change the cluster at once.',
    'Install util-linux, which has flock.',
    { cause: error },
  );
}
