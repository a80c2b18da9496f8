// Runs the contract cases through every real program that is built and through the stand-ins, and compares.
// Words after it choose cases, --show prints what they did: `npm run test:contract -- kubectl drain --show`.
// --quick tries changes only through the oldest and the newest version of each program.
import './bench/typescript-imports.mjs';
import { join, resolve } from 'node:path';

const { runContract } = await import('../test/contract/run.ts');
const words = process.argv.slice(2);
const dist = process.env.OUTDIR ?? join(import.meta.dirname, '..', 'dist');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

const isEqual = await runContract({
  dist: resolve(dist),
  env: process.env,
  words: words.filter((word) => !word.startsWith('--')),
  isQuick: words.includes('--quick'),
  isTalkative: words.includes('--show'),
  print: (line) => console.log(line),
});
process.exit(isEqual ? 0 : 1);
