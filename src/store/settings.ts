import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, isMap, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { makeDirectory } from '../clients/make-directory.js';
import { readOperatorFile } from '../clients/operator-file.js';
import { ConfigurationError } from '../model/errors.js';
import { programsShape, proxmoxShape, waitsShape, webAddress } from './file-shapes.js';
import { checkStrict } from './strict-shape.js';

/** What the operator prefers, for every cluster. Absent keys mean the built-in default. */
const settingsShape = z.strictObject({
  /** Cluster to open when several are found. */
  cluster: z.string().min(1).optional(),
  theme: z.enum(['auto', 'dark', 'light', '16']).optional(),
  ascii: z.boolean().optional(),
  factoryUrl: webAddress.optional(),
  snapshotDir: z.string().min(1).optional(),
  programs: programsShape.optional(),
  waits: waitsShape.optional(),
  /** For clusters that have no inventory of their own. */
  proxmox: proxmoxShape.optional(),
  clusters: z
    .record(
      z.string(),
      z.strictObject({ production: z.boolean().optional(), readOnly: z.boolean().optional() }),
    )
    .optional(),
});

export type Settings = z.infer<typeof settingsShape>;

const NAME = 'settings';
const EXTENSION = 'yaml';

export const settingsFile = (configDir: string): string => join(configDir, `${NAME}.${EXTENSION}`);

/**
 * No file: nothing is set.
 * @throws ConfigurationError naming file, line and reason. The file is never touched.
 */
export async function readSettings(configDir: string): Promise<Settings> {
  const path = settingsFile(configDir);
  if (await isAbsentOrEmpty(path)) return {};
  return checkStrict(await readOperatorFile('settings file', path), settingsShape);
}

/**
 * Sets one key, or removes it with undefined. Comments and order of the file stay.
 * @throws ConfigurationError when the file is broken (it is left as it is) or cannot be written.
 */
export async function changeSetting<K extends keyof Settings>(
  configDir: string,
  key: K,
  value: Settings[K] | undefined,
): Promise<void> {
  await readSettings(configDir);
  try {
    makeDirectory(configDir);
    const store = await openConf(configDir);
    if (value === undefined) store.delete(key);
    else store.set(key, value);
  } catch (cause) {
    throw new ConfigurationError(
      `The settings file ${settingsFile(configDir)} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Check owner, mode and free space of its directory.',
      { cause },
    );
  }
}

/** What cannot be read is neither: reading it again tells why. */
async function isAbsentOrEmpty(path: string): Promise<boolean> {
  try {
    const { contents, errors } = parseDocument(await readFile(path, 'utf8'));
    return contents === null && errors.length === 0;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

async function openConf(configDir: string) {
  const { default: Conf } = await import('conf');
  let document: Document | null = null;
  return new Conf<Record<string, unknown>>({
    cwd: configDir,
    configName: NAME,
    fileExtension: EXTENSION,
    configFileMode: 0o600,
    // The default of conf too, said here because losing a hand-written file must never become one.
    clearInvalidConfig: false,
    deserialize(text) {
      document = parseDocument(text);
      const [problem] = document.errors;
      if (problem) throw problem;
      return document.toJS() ?? {};
    },
    serialize: (values) =>
      document === null || !isMap(document.contents) ? stringify(values) : merged(document, values),
  });
}

/** The document with exactly these values on its first level, comments kept where the value is the same. */
function merged(document: Document, values: Readonly<Record<string, unknown>>): string {
  const former: Readonly<Record<string, unknown>> = document.toJS() ?? {};
  for (const key of Object.keys(former)) if (!(key in values)) document.delete(key);
  for (const [key, value] of Object.entries(values)) {
    if (JSON.stringify(former[key]) !== JSON.stringify(value)) document.set(key, value);
  }
  return document.toString();
}
