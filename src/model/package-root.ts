import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Directory that holds `assets/` and `bin/`: found upwards, because the same code runs from `dist/`, from its
 * chunks and from `src/` under test.
 * @throws Error when the installation is incomplete.
 */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'assets', 'proto'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error('talos-tui is installed without its assets folder.');
    directory = parent;
  }
  return directory;
}

/** Path below `assets/`. */
export const assetPath = (...parts: readonly string[]): string =>
  join(packageRoot(), 'assets', ...parts);
