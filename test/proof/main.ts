import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { proveConsole } from './console.js';
import { proveCrashes } from './crash-proof.js';
import { proveEndings } from './endings.js';
import { proveOperators } from './operators.js';
import { proveRefusals } from './refusals.js';
import { proveShapes } from './shapes.js';

export interface Wishes {
  readonly seed: number;
  readonly action: string | undefined;
  readonly talos: string | undefined;
  readonly mode: string | undefined;
  readonly most: number;
  readonly words: readonly string[];
  /** One line of the report. */
  readonly say: (line: string) => void;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    action: { type: 'string' },
    talos: { type: 'string' },
    mode: { type: 'string' },
    most: { type: 'string', default: '20' },
    report: { type: 'string' },
  },
});

const PROOFS = {
  endings: proveEndings,
  crashes: proveCrashes,
  shapes: proveShapes,
  console: proveConsole,
  operators: proveOperators,
  refusals: proveRefusals,
};

const [name, ...words] = positionals;
const chosen = Object.entries(PROOFS).filter(([each]) => name === undefined || each === name);
if (chosen.length === 0) throw new Error(`No proof ${name}: ${Object.keys(PROOFS).join(', ')}.`);

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
  if (values.report !== undefined) appendFileSync(values.report, `${line}\n`);
};

let failures = 0;
for (const [each, prove] of chosen) {
  say(`# ${each}`);
  failures += await prove({
    seed: Number(values.seed),
    action: values.action,
    talos: values.talos,
    mode: values.mode,
    most: Number(values.most),
    words,
    say,
  });
}
process.exit(failures === 0 ? 0 : 1);
