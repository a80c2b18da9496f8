import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readOperatorFile } from '../clients/operator-file.js';
import { ConfigurationError } from '../model/errors.js';
import { type Inventory, inventoryShape } from './file-shapes.js';
import { checkStrict } from './strict-shape.js';
import { type UnusableFile, unusableFile } from './unusable-file.js';

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
  readonly unusable: readonly UnusableFile[];
}> {
  const directory = join(configDir, 'clusters');
  const files: InventoryFile[] = [];
  const unusable: UnusableFile[] = [];
  const take = async (path: string): Promise<void> => {
    const inventory = checkStrict(await readOperatorFile('cluster file', path), inventoryShape);
    const name = inventory.name ?? nameOf(path);
    if (files.some((each) => each.name === name)) throw doubleName(path, name);
    files.push({ path, directory: dirname(path), name, inventory });
  };
  const paths = await yamlFiles(directory).catch((error: unknown) => {
    const problem = asProblem(error);
    unusable.push({ name: 'clusters', problem, mayNameProxmox: true, context: null });
    return [];
  });
  for (const path of paths) {
    try {
      await take(path);
    } catch (error) {
      unusable.push(await unusableFile(path, nameOf(path), asProblem(error)));
    }
  }
  return { files, unusable };
}

/** @throws anything else: it is a bug */
function asProblem(error: unknown): ConfigurationError {
  if (error instanceof ConfigurationError) return error;
  throw error;
}

const nameOf = (path: string): string => basename(path).replace(/\.ya?ml$/, '');

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
