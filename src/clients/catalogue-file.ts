import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { CatalogueEntry } from '../model/run.js';
import { errorCode, onDisk } from './disk-error.js';
import { writeDurably } from './durable-file.js';
import type { Catalogue } from './local-files.js';

const SNAPSHOT_SUFFIX = '.db';
const ENTRY_SUFFIX = '.json';

export const entryPath = (snapshotPath: string): string => `${snapshotPath}${ENTRY_SUFFIX}`;

const textOrNull = z.string().nullable();
const countOrNull = z.number().int().nonnegative().nullable();

/** `file` is the bare name: a directory that was moved or copied keeps its catalogue. */
const entryShape = z.object({
  schema: z.literal(1),
  file: z.string(),
  cluster: z.string(),
  clusterId: textOrNull,
  memberId: z.string(),
  sourceNode: z.string(),
  takenAtMs: z.number().int(),
  sizeBytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  revision: countOrNull,
  totalKeys: countOrNull,
  hash: textOrNull,
  talosVersion: textOrNull,
  kubernetesVersion: textOrNull,
  etcdVersion: textOrNull,
  durationMs: z.number().nonnegative(),
  isVerified: z.boolean(),
  problems: z.array(z.string()),
});

export async function writeEntry(entry: CatalogueEntry): Promise<void> {
  const stored = { schema: 1, ...entry, file: basename(entry.file) };
  await onDisk(`The catalogue entry of ${entry.file} cannot be written`, () =>
    writeDurably(entryPath(entry.file), `${JSON.stringify(stored, null, 2)}\n`),
  );
}

/** Null when there is none. @throws ClientError kind `disk` when it is there and cannot be read. */
export async function readEntry(snapshotPath: string): Promise<CatalogueEntry | null> {
  const text = await onDisk(`The catalogue entry of ${snapshotPath} cannot be read`, async () => {
    try {
      return await readFile(entryPath(snapshotPath), 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  });
  return text === null ? null : parseEntry(text, snapshotPath);
}

function parseEntry(text: string, snapshotPath: string): CatalogueEntry | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = entryShape.safeParse(content);
  if (!parsed.success || parsed.data.file !== basename(snapshotPath)) return null;
  const { schema: _, ...entry } = parsed.data;
  return { ...entry, file: snapshotPath };
}

/** Everything else in the directory is left alone; what looks like a snapshot and is no entry is named. */
export async function listCatalogue(directory: string): Promise<Catalogue> {
  const names = await onDisk(`The snapshot directory ${directory} cannot be read`, async () => {
    try {
      return (await readdir(directory)).toSorted();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  });
  const present = new Set(names);
  const entries: CatalogueEntry[] = [];
  const problems: string[] = [];
  for (const name of names) {
    const problem = nameProblem(name, present);
    if (problem !== null) problems.push(problem);
    if (!name.endsWith(SNAPSHOT_SUFFIX) || !present.has(entryPath(name))) continue;
    const entry = await readEntry(join(directory, name));
    if (entry === null) problems.push(`${entryPath(name)} is no catalogue entry of ${name}.`);
    else entries.push(entry);
  }
  return { entries: entries.toSorted((a, b) => b.takenAtMs - a.takenAtMs), problems };
}

function nameProblem(name: string, present: ReadonlySet<string>): string | null {
  if (name.endsWith(`${SNAPSHOT_SUFFIX}${ENTRY_SUFFIX}`)) {
    const snapshot = name.slice(0, -ENTRY_SUFFIX.length);
    return present.has(snapshot) ? null : `${snapshot} is gone, only its entry is left.`;
  }
  if (name.endsWith(`${SNAPSHOT_SUFFIX}.part`)) return `${name} was never finished.`;
  if (name.endsWith(`${SNAPSHOT_SUFFIX}.bad`)) return `${name} did not verify.`;
  return name.endsWith(SNAPSHOT_SUFFIX) && !present.has(entryPath(name))
    ? `${name} has no catalogue entry: verify it with \`talos-tui snapshots verify\`.`
    : null;
}
