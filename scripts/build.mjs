// Bundles the programs into dist/. One bundle halves the start time (measured: docs/decisions/0002).
import { chmodSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { plugins } from './bundle/plugins.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const quiet = process.argv.includes('--quiet');
const outdir = process.env.OUTDIR ?? join(root, 'dist');
const STAND_INS = ['talosctl', 'kubectl', 'helm'];

rmSync(outdir, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: {
    'talos-tui': 'src/cli/main.ts',
    'run-process': 'src/cli/run-process.ts',
    ...Object.fromEntries(
      STAND_INS.map((name) => [`stand-ins/${name}`, `src/lab/stand-ins/${name}.ts`]),
    ),
  },
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node22',
  jsx: 'automatic',
  metafile: true,
  logLevel: 'warning',
  legalComments: 'linked',
  plugins,
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  // Ink guards its devtools import with DEV, but the import is hoisted: an empty module instead of an external.
  alias: { 'react-devtools-core': './scripts/empty.mjs' },
  // Some CommonJS dependencies call require() at run time.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
for (const name of STAND_INS) chmodSync(join(outdir, 'stand-ins', `${name}.js`), 0o755);

if (!quiet) {
  for (const file of Object.keys(result.metafile.outputs)) {
    if (file.endsWith('.js'))
      console.log(`${file}  ${Math.round(statSync(join(root, file)).size / 1024)} KiB`);
  }
}
