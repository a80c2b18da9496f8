// Proofs on real processes: the built program against labs, killed, refused and watched. Never part of CI: it takes long.
//   npm run prove [-- endings|crashes|shapes|console|operators|refusals] [--action A] [--talos 1.12] [--seed N] [--report FILE]
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = process.env.OUTDIR ?? join(root, 'dist');
process.env.TALOS_TUI_E2E_PROGRAM ??= join(dirname(dist), 'bin', 'talos-tui.js');
// Beside the stand-ins, which its labs look for.
const outfile = join(dist, 'proof', 'main.js');
await build({
  absWorkingDir: root,
  entryPoints: ['test/proof/main.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
  external: ['@lydell/node-pty'],
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
await import(pathToFileURL(outfile).href);
