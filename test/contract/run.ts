import type { Case } from './case.js';
import { cases } from './cases/index.js';
import { diffLines } from './diff.js';
import {
  isWithin,
  type Participants,
  PROGRAMS,
  participants,
  type RealProgram,
} from './participants.js';
import { openLabHouse, runCase, type StepResult } from './run-case.js';

export interface ContractOptions {
  /** The built program with its stand-ins. */
  readonly dist: string;
  readonly env: NodeJS.ProcessEnv;
  /** Only cases whose program, title or argv hold all of these words. */
  readonly words: readonly string[];
  /** Changing cases run only through the oldest and the newest version of each program. */
  readonly isQuick: boolean;
  /** Prints also what equal programs did. */
  readonly isTalkative: boolean;
  readonly print: (line: string) => void;
}

/** The last line that it prints is `N passed, N failed`. @returns false when any program and its stand-in differ. */
export async function runContract(options: ContractOptions): Promise<boolean> {
  const { print, words } = options;
  const who = await participants(options.env);
  const chosen = cases.filter((one) => words.every((word) => textOf(one).includes(word)));
  const started = performance.now();
  const found = await runAll(chosen, who, options);
  for (const line of found.broken) print(line);
  print('');
  for (const line of table(chosen, who, found)) print(line);
  for (const { program, version } of who.missing)
    print(`NOT RUN: ${program} ${version} is not built`);
  for (const program of PROGRAMS) {
    const isProved = who.present.some((real) => real.program === program);
    if (!isProved) print(`NOT RUN: no real ${program} is here: its stand-in is unproved`);
  }
  if (options.isQuick) {
    print('LEFT OUT: changing cases through versions between the oldest and the newest (--quick)');
  }
  print(`contract: ${secondsSince(started)} s`);
  const { passed, failed } = tally(found);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0;
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
const PROGRESS_MS = 60_000;

const secondsSince = (startedMs: number): number =>
  Math.round((performance.now() - startedMs) / 1000);

async function runAll(
  chosen: readonly Case[],
  who: Participants,
  { dist, print, isTalkative, isQuick }: ContractOptions,
): Promise<Found> {
  const house = openLabHouse(dist);
  const results: StepResult[] = [];
  const broken: string[] = [];
  const waiting = [...chosen];
  const started = performance.now();
  const timer = setInterval(() => {
    const begun = chosen.length - waiting.length;
    print(`contract: case ${begun} of ${chosen.length}, ${secondsSince(started)} s`);
  }, PROGRESS_MS);
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const { program } = one;
      const reals = takingPart(one, who, isQuick);
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
    clearInterval(timer);
    await house.close();
  }
  return { results, broken };
}

/** A version between two others rarely changes differently; it reads as all do. */
function takingPart(one: Case, who: Participants, isQuick: boolean): readonly RealProgram[] {
  const present = who.present.filter(({ program }) => program === one.program);
  if (!isQuick || one.isChange !== true) return present;
  return present.filter((_, index) => index === 0 || index === present.length - 1);
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

/** One line for every program, and for every argv that nobody ran. */
function table(chosen: readonly Case[], who: Participants, { results }: Found): readonly string[] {
  const stepsOf = ({ program, version }: Pick<RealProgram, 'program' | 'version'>): number =>
    chosen
      .filter((one) => one.program === program)
      .flatMap(({ steps }) => steps)
      .filter(({ only }) => only === undefined || isWithin(version, only)).length;
  const rows = [...who.present, ...who.missing].map((one) => {
    const own = results.filter(
      ({ real }) => real.program === one.program && real.version === one.version,
    );
    const count = (verdict: StepResult['verdict']): string =>
      String(own.filter((result) => result.verdict === verdict).length);
    const argvs = stepsOf(one);
    return [
      ...[one.program, one.version, String(argvs), count('equal'), count('known')],
      ...[count('different'), String(argvs - own.length)],
    ];
  });
  const shown = rows.filter(([, , argvs]) => argvs !== '0');
  return columns([
    ['program', 'version', 'argv', 'equal', 'documented', 'different', 'not run'],
    ...shown,
  ]);
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

/** A case counts once for each program that took part in it. */
function tally({ results, broken }: Found): { readonly passed: number; readonly failed: number } {
  const groups = Map.groupBy(results, ({ one }) => one);
  const verdicts = [...groups.values()].flatMap((own) =>
    [...Map.groupBy(own, ({ real }) => real).values()].map((steps) =>
      steps.every(({ verdict }) => verdict !== 'different'),
    ),
  );
  const passed = verdicts.filter(Boolean).length;
  return { passed, failed: verdicts.length - passed + broken.length };
}
