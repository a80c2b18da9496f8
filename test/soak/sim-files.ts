import type { SnapshotFiles } from '../../src/clients/local-files.js';
import { ClientError } from '../../src/model/errors.js';
import type { CatalogueEntry } from '../../src/model/run.js';

/** The snapshot directory in memory; what talosctl printed lies there, too. */
export interface SimFiles extends SnapshotFiles {
  readonly put: (path: string, sizeBytes: number) => void;
  readonly print: (path: string, text: string) => void;
  readonly entries: () => readonly CatalogueEntry[];
}

export function simFiles(): SimFiles {
  const sizes = new Map<string, number>();
  const texts = new Map<string, string>();
  const catalogue = new Map<string, CatalogueEntry>();
  const entries = (): readonly CatalogueEntry[] =>
    [...catalogue.values()].toSorted((a, b) => b.takenAtMs - a.takenAtMs);
  return {
    put: (path, sizeBytes) => void sizes.set(path, sizeBytes),
    print: (path, text) => void texts.set(path, `${texts.get(path) ?? ''}${text}`),
    entries,
    prepare: async () => undefined,
    sizeBytes: async (path) => sizes.get(path) ?? null,
    async verify(path) {
      const sizeBytes = sizes.get(path);
      if (sizeBytes === undefined) {
        throw new ClientError('disk', `${path}: no such file`, 'Take the snapshot again.');
      }
      return {
        isVerified: true,
        sizeBytes,
        sha256: 'ab'.repeat(32),
        transactionId: 7n,
        problems: [],
      };
    },
    quarantine: async (path) => `${path}.bad`,
    discardPartial: async () => false,
    readEntry: async (path) => catalogue.get(path) ?? null,
    writeEntry: async (entry) => void catalogue.set(entry.file, entry),
    list: async () => ({ entries: entries(), problems: [] }),
    async remove(entry) {
      sizes.delete(entry.file);
      catalogue.delete(entry.file);
    },
    text: async (path) => texts.get(path) ?? '',
  };
}
