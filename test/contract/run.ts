import type { Case } from './case.js';
import { cases } from './cases/index.js';
import { diffLines } from './diff.js';
import { type Participants, PROGRAMS, participants } from './participants.js';
import { openLabHouse, runCase, type StepResult } from './run-case.js';

export interface ContractOptions {
  /** The built program with its stand-ins. */
  readonly dist: string;
  readonly env: NodeJS.ProcessEnv;
  /** Only cases whose program, title or argv hold all of these words. */
  readonly words: readonly string[];
  /** Prints also what equal programs did. */
  readonly isTalkative: boolean;
  readonly print: (line: string) => void;
}

/** @returns false when any program and its stand-in differ. */
export async function runContract(options: ContractOptions): Promise<boolean> {
  const { print, words } = options;
  const who = await participants(options.env);
  const chosen = cases.filter((one) => words.every((word) => textOf(one).includes(word)));
  for (const { program, version } of who.present) print(`takes part: ${program} ${version}`);
  for (const name of who.missing) print(`NOT RUN: ${name} is not built`);
  const { results, broken } = await runAll(chosen, who, options);
  for (const line of broken) print(line);
  for (const line of summary(chosen, who, results)) print(line);
  return broken.length === 0 && results.every(({ verdict }) => verdict !== 'different');
}

const textOf = ({ program, title, steps }: Case): string =>
  [program, title, ...steps.map(({ argv }) => argv.join(' '))].join('\n');

interface Found {
  readonly results: readonly StepResult[];
  /** Cases that could not be carried out: they prove nothing. */
  readonly broken: readonly string[];
}

/** More cases at a time than two processors: they wait more than they work. */
const AT_A_TIME = 3;

async function runAll(
  chosen: readonly Case[],
  who: Participants,
  { dist, print, isTalkative }: ContractOptions,
): Promise<Found> {
  const house = openLabHouse(dist);
  const results: StepResult[] = [];
  const broken: string[] = [];
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const { program } = one;
      const reals = who.present.filter((real) => real.program === program);
      if (reals.length === 0) continue;
      const found = await runCase(one, reals, house).catch((error: Error) => {
        broken.push(`BROKEN: ${program}, ${one.title}: ${error.message}`);
        return [];
      });
      results.push(...found);
      if (isTalkative) for (const line of found.flatMap(story)) print(line);
      for (const line of found.flatMap((result) => complaint(program, one, result))) print(line);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  } finally {
    await house.close();
  }
  return { results, broken };
}

const SHOWN_CHARACTERS = 600;

function story({ real, step, verdict, outcome }: StepResult): readonly string[] {
  const { stdout, stderr, code, world } = outcome;
  return [
    `${verdict}: ${real.program} ${real.version}: ${step.argv.join(' ')}: ${code}`,
    ...[stdout, stderr, world === null ? '' : `world of ${JSON.stringify(world).length} characters`]
      .filter((text) => text !== '')
      .map((text) => text.trimEnd().slice(0, SHOWN_CHARACTERS).replace(/^/gm, '    ')),
  ];
}

function complaint(program: string, { title }: Case, result: StepResult): readonly string[] {
  if (result.verdict !== 'different') return [];
  const { real, step, differences, outdated } = result;
  return [
    `DIFFERENT: ${program} ${real.version}, ${title}: ${program} ${step.argv.join(' ')}`,
    ...differences.flatMap(({ part, against, real: ours, wanted }) => [
      `  ${part} (real ≠ ${against}):`,
      ...diffLines(ours, wanted).map((line) => `    ${line}`),
    ]),
    ...outdated.map(({ about }) => `  no difference any more, though documented: ${about}`),
  ];
}

function summary(
  chosen: readonly Case[],
  who: Participants,
  results: readonly StepResult[],
): readonly string[] {
  const stepsOf = (program: string) =>
    chosen
      .filter((one) => one.program === program)
      .reduce((sum, { steps }) => sum + steps.length, 0);
  const rows = who.present.map((real) => {
    const own = results.filter((result) => result.real === real);
    const count = (verdict: StepResult['verdict']) =>
      own.filter((result) => result.verdict === verdict).length;
    // Steps of other versions, and cases that broke.
    const notRun = stepsOf(real.program) - own.length;
    return `contract: ${real.program} ${real.version}: ${count('equal')} equal, ${count('known')} documented, ${count('different')} different, ${notRun} not run`;
  });
  const absent = who.missing.map(
    (name) => `contract: ${name}: ${stepsOf(name.split(' ')[0] ?? '')} not run`,
  );
  const none = PROGRAMS.filter((program) => !who.present.some((real) => real.program === program));
  return [
    ...rows,
    ...absent,
    ...none.map((program) => `contract: no real ${program} here: its stand-in is unproved`),
  ];
}
