import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommon } from './sim.js';
import { Killed } from './sim-clock.js';
import { trial } from './trial.js';

const [firstText = '1', countText = '10', ...words] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'talos-tui-soak-'));
const common = await createCommon(directory);
// A background poll of a killed process: nobody waits for it any more.
process.on('unhandledRejection', (reason) => {
  if (!(reason instanceof Killed)) throw reason;
});
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const first = Number(firstText);
const only = { action: words.find((word) => !word.startsWith('-')) };
const outcomes = new Map<string, number>();
let violated = 0;
const startedAtMs = performance.now();
for (let seed = first; seed < first + Number(countText); seed += 1) {
  const result = await trial(common, seed, only);
  const { plan, outcome, ending, violations, faults, processes, journal } = result;
  const key = `${plan.action} ${outcome}`;
  outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
  if (words.includes('-v'))
    console.log(
      seed,
      plan.action,
      plan.size,
      plan.talosVersion,
      JSON.stringify(plan.answers),
      plan.condition,
      '→',
      outcome,
      processes,
      ending.slice(0, 200),
    );
  if (words.includes('-f')) for (const line of faults) console.log('   ', line);
  if (words.includes('-j')) for (const line of journal) console.log('   ', JSON.stringify(line));
  if (violations.length > 0) {
    violated += 1;
    console.log(`VIOLATION seed ${seed}: ${violations.join('; ')}`);
  }
}
console.log(Object.fromEntries([...outcomes].sort()), {
  violated,
  seconds: (performance.now() - startedAtMs) / 1000,
});
