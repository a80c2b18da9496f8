import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** Bundles a stand-in program, as the build does. @returns its path, which can be started. */
export async function buildStandIn(
  name: 'talosctl' | 'kubectl',
  directory: string,
): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`src/lab/stand-ins/${name}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
    banner: { js: REQUIRE },
  });
  chmodSync(outfile, 0o700);
  return outfile;
}
