import { fsyncSync, ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { diskError } from '../clients/disk-error.js';
import { makeDirectory } from '../clients/make-directory.js';
import { slug } from '../model/slug.js';
import { type Flock, tryFlock } from './flock.js';

const holderShape = z.object({
  run: z.string(),
  operator: z.string(),
  host: z.string(),
  pid: z.number(),
  sinceMs: z.number(),
});

/** Who changes the cluster at the moment. */
export type LockHolder = z.infer<typeof holderShape>;

export type LockAttempt =
  | { readonly isHeld: true; readonly lock: Flock }
  | { readonly isHeld: false; readonly holder: LockHolder | null };

/** One mutating run per cluster on this host. @throws ClientError */
export function tryLock(stateDir: string, cluster: string, holder: LockHolder): LockAttempt {
  const directory = join(stateDir, 'locks');
  const path = join(directory, `${slug(cluster)}.lock`);
  try {
    makeDirectory(directory);
  } catch (error) {
    throw diskError(`The directory ${directory} cannot be made`, error);
  }
  const lock = tryFlock(path);
  if (lock === null) return { isHeld: false, holder: readHolder(path) };
  ftruncateSync(lock.fd);
  writeSync(lock.fd, `${JSON.stringify(holder)}\n`);
  fsyncSync(lock.fd);
  return { isHeld: true, lock };
}

/** Null when the record is not written yet or cannot be read. */
function readHolder(path: string): LockHolder | null {
  try {
    return holderShape.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}
