import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

type StandIn = 'talosctl' | 'kubectl';

const bundles = new Map<StandIn, Promise<Uint8Array>>();

/** As the build does, once for all labs of a test file. */
function bundleOf(name: StandIn): Promise<Uint8Array> {
  const known = bundles.get(name) ?? bundled(name);
  bundles.set(name, known);
  return known;
}

async function bundled(name: StandIn): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`src/lab/stand-ins/${name}.ts`],
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
    banner: { js: REQUIRE },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`Nothing came of ${name}.`);
  return file.contents;
}

/** Puts a stand-in program into a directory. @returns its path, which can be started. */
export async function buildStandIn(name: StandIn, directory: string): Promise<string> {
  const path = join(directory, `${name}.mjs`);
  await writeFile(path, await bundleOf(name), { mode: 0o700 });
  return path;
}
