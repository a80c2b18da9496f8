import { readFile } from 'node:fs/promises';
import { isMap, parseDocument } from 'yaml';
import type { Talosconfig } from '../clients/talosconfig.js';
import type { ConfigurationError } from '../model/errors.js';

/** One of our own files that cannot be used, as far as it can be looked into. */
export interface UnusableFile {
  /** Of the cluster that it describes. */
  readonly name: string;
  readonly problem: ConfigurationError;
  /** A layer that somebody named must not look like one that nobody has. */
  readonly mayNameProxmox: boolean;
  /** Of the talosconfig; null when the file does not say which. */
  readonly context: string | null;
}

const NAMED = /proxmox/i;

/** What cannot be read may name everything. */
export async function unusableFile(
  path: string,
  fileName: string,
  problem: ConfigurationError,
): Promise<UnusableFile> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return { name: fileName, problem, mayNameProxmox: true, context: null };
  const { contents, errors } = parseDocument(text);
  if (errors.length > 0 || !isMap(contents)) {
    return { name: fileName, problem, mayNameProxmox: NAMED.test(text), context: null };
  }
  const said = (way: readonly string[]): string | null => {
    const value: unknown = contents.getIn(way);
    return typeof value === 'string' ? value : null;
  };
  return {
    name: said(['name']) ?? fileName,
    problem,
    mayNameProxmox: contents.items.some(
      // By any other name, as long as it looks like one: the key itself may be the mistake.
      ({ key, value }) => NAMED.test(String(key)) || (isMap(value) && value.has('tokenFile')),
    ),
    context: said(['talos', 'context']),
  };
}

/** The file that may describe this context and the Proxmox below it, if there is one. */
export const hiddenProxmox = (
  files: readonly UnusableFile[],
  context: string,
  { contexts }: Pick<Talosconfig, 'contexts'>,
): ConfigurationError | null =>
  files.find((file) => {
    const about = file.context ?? (contexts.has(file.name) ? file.name : null);
    return file.mayNameProxmox && (about === null || about === context);
  })?.problem ?? null;
