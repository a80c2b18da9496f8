import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readOperatorFile } from '../clients/operator-file.js';
import { ConfigurationError } from '../model/errors.js';
import { type Inventory, inventoryShape } from './file-shapes.js';
import { checkStrict } from './strict-shape.js';

export interface InventoryFile {
  readonly path: string;
  /** Paths in the file start here. */
  readonly directory: string;
  readonly name: string;
  readonly inventory: Inventory;
}

/** Every `clusters/*.yaml`, by name; files that cannot be used are told, and left as they are. */
export async function readInventories(configDir: string): Promise<{
  readonly files: readonly InventoryFile[];
  readonly problems: readonly ConfigurationError[];
  /** The same problems by the name that the file gives its cluster when nothing in it can be read. */
  readonly broken: ReadonlyMap<string, ConfigurationError>;
}> {
  const directory = join(configDir, 'clusters');
  const files: InventoryFile[] = [];
  const problems: ConfigurationError[] = [];
  const broken = new Map<string, ConfigurationError>();
  for (const path of await yamlFiles(directory)) {
    const fileName = basename(path).replace(/\.ya?ml$/, '');
    try {
      const inventory = checkStrict(await readOperatorFile('cluster file', path), inventoryShape);
      const name = inventory.name ?? fileName;
      if (files.some((each) => each.name === name)) throw doubleName(path, name);
      files.push({ path, directory: dirname(path), name, inventory });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(error);
      broken.set(fileName, error);
    }
  }
  return { files, problems, broken };
}

async function yamlFiles(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new ConfigurationError(
      `The directory ${directory} cannot be read.`,
      'Check its owner and mode.',
      { cause },
    );
  }
}

const doubleName = (path: string, name: string): ConfigurationError =>
  new ConfigurationError(
    `The cluster file ${path} names a cluster "${name}" that another file has already.`,
    'Give one of the two another name.',
  );
