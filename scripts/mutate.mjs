// Mutation check of the gates: changes one thing at a time and asks whether the gate's own tests notice.
//   npm run mutate [-- etcd time]     all gates, or these
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { EQUIVALENT } from './mutate/equivalent.mjs';
import { forcedConditions, instrumented, mutantsOf } from './mutate/mutants.mjs';

const LEAST_RATIO = 0.95;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const gates = join(root, 'src/actions/gates');
const fastCheck = import.meta.resolve('fast-check');
const harness = join(root, 'scripts/mutate/harness.mjs');
const work = mkdtempSync(join(tmpdir(), 'talos-tui-mutants-'));
const run = promisify(execFile);

const wanted = process.argv.slice(2);
const files = readdirSync(gates)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

const startedAtMs = performance.now();
const queue = [...files];
const results = [];
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => takeTurns()));
rmSync(work, { recursive: true, force: true });
report(results.toSorted((a, b) => (a.name < b.name ? -1 : 1)));

async function takeTurns() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    results.push(await tryFile(name));
  }
}

async function tryFile(name) {
  const source = readFileSync(join(gates, `${name}.ts`), 'utf8');
  const mutants = [...mutantsOf(source), ...forcedConditions(source)];
  const text = instrumented(source, mutants, 0);
  const bundle = join(work, `${name}.mjs`);
  await build({
    entryPoints: [join(root, `test/actions/gates/${name}.test.ts`)],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    // Loaded once for all mutants: a copy in each would fill the memory.
    external: [fastCheck],
    alias: { vitest: harness, 'fast-check': fastCheck },
    banner: {
      js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);",
    },
    plugins: [replacing(join(gates, `${name}.ts`), text)],
  });
  const argv = [
    join(root, 'scripts/mutate/try.mjs'),
    pathToFileURL(bundle).href,
    '0',
    String(mutants.length - 1),
  ];
  const { stdout } = await run(process.execPath, argv, { maxBuffer: 1 << 24 });
  const survivors = JSON.parse(stdout).map((id) => ({
    ...mutants[id],
    line: lineOf(source, mutants[id].start),
  }));
  const lines = source.split('\n');
  const isEquivalent = ({ what, line }) =>
    EQUIVALENT.some(
      (each) =>
        each.file === name && each.what === oneLine(what) && lines[line - 1].includes(each.where),
    );
  console.error(`${name}: ${mutants.length} mutants, ${survivors.length} not noticed`);
  return {
    name,
    count: mutants.length,
    survivors: survivors.filter((each) => !isEquivalent(each)),
    equivalent: survivors.filter(isEquivalent).length,
  };
}

function oneLine(text) {
  return text.replaceAll(/\s+/g, ' ');
}

function lineOf(source, at) {
  return source.slice(0, at).split('\n').length;
}

function replacing(path, contents) {
  return {
    name: 'mutants',
    setup(bundler) {
      const filter = new RegExp(`${path.replaceAll(/[.\\/]/g, '\\$&')}$`);
      bundler.onLoad({ filter }, () => ({ contents, loader: 'ts' }));
    },
  };
}

function report(all) {
  const total = all.reduce((sum, { count, equivalent }) => sum + count - equivalent, 0);
  const alive = all.reduce((sum, { survivors }) => sum + survivors.length, 0);
  for (const { name, survivors } of all) {
    for (const { line, what } of survivors) console.log(`${name}.ts:${line}  ${oneLine(what)}`);
  }
  for (const { name, count, survivors, equivalent } of all) {
    console.log(
      `| ${name} | ${count - equivalent} | ${count - equivalent - survivors.length} | ${equivalent} |`,
    );
  }
  const ratio = total === 0 ? 1 : (total - alive) / total;
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  console.log(
    `${total - alive} of ${total} mutants noticed: ${(ratio * 100).toFixed(1)} % in ${seconds} s`,
  );
  process.exitCode = ratio >= LEAST_RATIO ? 0 : 1;
}
