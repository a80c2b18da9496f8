#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';

const REQUIRED = [22, 22];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1])) {
  console.error(
    `talos-tui needs Node ${REQUIRED.join('.')} or newer, this is ${process.versions.node}: ` +
      'run it with `npm run demo` (which brings its own Node) or install a newer one.',
  );
  process.exit(2);
}
// A lab makes little garbage, so its young generation may stay at the megabyte that it begins with. Once modules are
// loaded V8 does not listen any more.
if (process.argv[2] === 'lab' && process.argv[3] === 'up') {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
}
// Compiled code of the last start. Only in the user's own cache: a shared directory could hold somebody else's.
const cache = process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, '.cache'));
if (cache) module.enableCompileCache(join(cache, 'talos-tui', 'compiled'));
await import('../dist/talos-tui.js');
