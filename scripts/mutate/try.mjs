// Child process: tries mutants against one bundled test file, and tells which of them nobody noticed.
const [, , bundle, firstId, lastId] = process.argv;
const NOBODY = -1;

/** How long each test takes when nothing is wrong: the quick ones are asked first. */
const durations = new Map();

const durationOf = ({ name }) => durations.get(name) ?? 0;

/** Null when every test passes, else the name of the first that fails. */
async function firstFailure(id) {
  globalThis.mutant = id;
  try {
    globalThis.mutationTests = [];
    await import(`${bundle}?mutant=${id}`);
    const tests = globalThis.mutationTests.toSorted((a, b) => durationOf(a) - durationOf(b));
    for (const { name, run } of tests) {
      const startedAtMs = performance.now();
      try {
        await run();
      } catch {
        return name;
      }
      if (id === NOBODY) durations.set(name, performance.now() - startedAtMs);
    }
    return null;
  } catch {
    // It cannot even be loaded: nobody would miss it.
    return 'loading';
  }
}

const clean = await firstFailure(NOBODY);
if (clean !== null) {
  console.error(`Without any mutant "${clean}" fails.`);
  process.exit(1);
}
const survivors = [];
for (let id = Number(firstId); id <= Number(lastId); id += 1) {
  if ((await firstFailure(id)) === null) survivors.push(id);
}
console.log(JSON.stringify(survivors));
