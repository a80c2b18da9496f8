import { lstat, readFile, rename, rm } from 'node:fs/promises';
import { entryPath, listCatalogue, readEntry, writeEntry } from './catalogue-file.js';
import { errorCode, onDisk } from './disk-error.js';
import type { SnapshotFiles } from './local-files.js';
import { prepareDirectory } from './snapshot-directory.js';
import { verifySnapshot } from './snapshot-verify.js';

/** The snapshot directory of this host. */
export const snapshotFiles: SnapshotFiles = {
  prepare: prepareDirectory,
  verify: verifySnapshot,
  readEntry,
  writeEntry,
  list: listCatalogue,

  sizeBytes: (path) =>
    onDisk(`${path} cannot be looked at`, () =>
      orIfAbsent(async () => {
        const status = await lstat(path);
        return status.isFile() ? status.size : null;
      }, null),
    ),

  async quarantine(path) {
    const kept = `${path}.bad`;
    await onDisk(`${path} cannot be renamed`, () => rename(path, kept));
    return kept;
  },

  discardPartial: (path) =>
    onDisk(`${path}.part cannot be removed`, () =>
      orIfAbsent(async () => {
        await rm(`${path}.part`);
        return true;
      }, false),
    ),

  remove: ({ file }) =>
    onDisk(`${file} cannot be deleted`, async () => {
      await rm(file, { force: true });
      await rm(entryPath(file), { force: true });
    }),

  text: (path) =>
    onDisk(`${path} cannot be read`, () => orIfAbsent(() => readFile(path, 'utf8'), '')),
};

async function orIfAbsent<T>(operation: () => Promise<T>, absent: T): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return absent;
    throw error;
  }
}
