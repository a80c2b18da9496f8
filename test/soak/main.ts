import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseTrial } from './choices.js';
import { crashMatrix } from './crash.js';
import { createDice } from './dice.js';
import { type Common, createCommon } from './sim.js';
import { Killed } from './sim-clock.js';
import { randomTrial, type TrialResult } from './trial.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    action: { type: 'string' },
    size: { type: 'string' },
    talos: { type: 'string' },
    crash: { type: 'boolean', default: false },
    most: { type: 'string', default: '400' },
    verbose: { type: 'boolean', short: 'v', default: false },
    faults: { type: 'boolean', short: 'f', default: false },
    journal: { type: 'boolean', short: 'j', default: false },
  },
});
const only = { action: values.action, size: values.size, talosVersion: values.talos };

const line = (text: string): void => void process.stdout.write(`${text}\n`);

function tell(result: TrialResult): void {
  const { seed, plan, outcome, ending, violations, processes } = result;
  if (values.verbose || violations.length > 0) {
    const answers = JSON.stringify(plan.answers);
    line(
      `${seed} ${plan.action} ${plan.size} ${plan.talosVersion} ${answers} ${plan.condition} → ${outcome}, ${processes} processes: ${ending.slice(0, 240)}`,
    );
  }
  if (values.faults) for (const each of result.faults) line(`    ${each}`);
  if (values.journal) for (const each of result.journal) line(`    ${JSON.stringify(each)}`);
  for (const each of violations) line(`VIOLATION seed ${seed}: ${each}`);
}

async function soak(common: Common): Promise<number> {
  const first = Number(values.seed);
  const outcomes = new Map<string, number>();
  let violated = 0;
  let struck = 0;
  let processes = 0;
  for (let seed = first; seed < first + Number(values.runs); seed += 1) {
    const result = await randomTrial(common, seed, only);
    const key = `${result.plan.action} ${result.outcome}`;
    outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    struck += result.faults.length;
    processes += result.processes;
    if (result.violations.length > 0) violated += 1;
    tell(result);
  }
  for (const [key, count] of [...outcomes].sort()) line(`${key}: ${count}`);
  line(
    `${values.runs} runs from seed ${first}, ${processes} run processes, ${struck} faults, ${violated} runs with violations`,
  );
  return violated;
}

async function crash(common: Common): Promise<number> {
  const seed = Number(values.seed);
  const chosen = { ...chooseTrial(createDice(seed), only), condition: 'whole' };
  const onTrial = (at: number, result: TrialResult): void => {
    if (values.verbose) line(`${at} ${result.faults[0]} → ${result.outcome} ${result.processes}`);
  };
  const report = await crashMatrix(common, seed, chosen, { onTrial, most: Number(values.most) });
  const { undisturbed, events, outcomes, violations } = report;
  line(
    `${chosen.action} ${chosen.size} ${chosen.talosVersion} ${JSON.stringify(chosen.answers)}: undisturbed ${undisturbed.outcome}, ${events} events, killed runs ${JSON.stringify(Object.fromEntries(outcomes))}, ${violations.length} violations`,
  );
  for (const each of violations) line(`VIOLATION ${each}`);
  return violations.length;
}

const directory = mkdtempSync(join(tmpdir(), 'talos-tui-soak-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
// A background poll of a killed process: nobody waits for it any more.
process.on('unhandledRejection', (reason) => {
  if (!(reason instanceof Killed)) throw reason;
});
const common = await createCommon(directory);
process.exitCode = (values.crash ? await crash(common) : await soak(common)) === 0 ? 0 : 1;
