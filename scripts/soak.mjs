// Randomised runs among faults in the simulated world (docs/reliability.md). Never part of CI: `npm run soak`.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OWN = { runs: '1000', seed: '1', jobs: String(availableParallelism()) };
const words = process.argv.slice(2);
const values = { ...OWN };
const passed = [];
while (words.length > 0) {
  const word = words.shift();
  const name = word.replace(/^--/, '');
  if (name in OWN) values[name] = words.shift() ?? OWN[name];
  else passed.push(word);
}
// One of its own: another soak may be built while this one still starts processes.
const outfile = join(root, 'node_modules', '.cache', 'talos-tui-soak', `soak-${process.pid}.mjs`);
process.once('exit', () => rmSync(outfile, { force: true }));
await build({
  absWorkingDir: root,
  entryPoints: ['test/soak/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});

const isCrash = passed.includes('--crash');
const jobs = isCrash ? 1 : Math.max(1, Number(values.jobs));
const first = Number(values.seed);
const end = first + (isCrash ? 1 : Number(values.runs));
/** A process keeps something of every world that it has seen: it does so many and makes room for the next. */
const MOST_PER_PROCESS = 100;
const shares = [];
for (let seed = first; seed < end; seed += MOST_PER_PROCESS) {
  shares.push({ seed, runs: Math.min(MOST_PER_PROCESS, end - seed) });
}

const run = ({ seed, runs }) => {
  const args = [outfile, '--runs', String(runs), '--seed', String(seed), ...passed];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  return new Promise((resolve) => child.once('close', resolve));
};
const work = async () => {
  let isGood = true;
  for (let share = shares.shift(); share !== undefined; share = shares.shift()) {
    if ((await run(share)) !== 0) isGood = false;
  }
  return isGood;
};
const results = await Promise.all(Array.from({ length: jobs }, work));
process.exitCode = results.every(Boolean) ? 0 : 1;
