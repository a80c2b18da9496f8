#!/usr/bin/env node
const REQUIRED = [22, 22];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1])) {
  console.error(
    `talos-tui needs Node ${REQUIRED.join('.')} or newer, this is ${process.versions.node}: ` +
      'run it with `npm run demo` (which brings its own Node) or install a newer one.',
  );
  process.exit(2);
}
await import('../dist/talos-tui.js');
