import { type Case, casesFor, DIALECTS, type Dialect, placeOf } from './cases.js';
import {
  type CrashResult,
  type CrashWish,
  crashRun,
  crashText,
  differences,
  stepTimes,
} from './crash.js';
import { boundaryOf, everyBoundary, type KillPlan, seeded, withinSteps } from './kill-points.js';
import type { Wishes } from './main.js';

const ACTIONS = ['reboot-node', 'resize-ephemeral', 'upgrade-talos'];
const VICTIMS = ['process', 'process and command'] as const;

/** Nobody dies: what the others are compared with. */
const undisturbed: KillPlan = { hits: [], delayAfter: () => null, onKilled: () => undefined };

/** @returns how many runs ended otherwise than well, or did something twice. */
export async function proveCrashes(wishes: Wishes): Promise<number> {
  let failures = 0;
  for (const dialect of DIALECTS.filter(({ name }) => (wishes.talos ?? name) === name)) {
    for (const each of casesFor(dialect)) {
      if (
        wishes.action === undefined ? ACTIONS.includes(each.action) : each.action === wishes.action
      )
        failures += await proveCase(each, dialect, wishes);
    }
  }
  return failures;
}

async function proveCase(each: Case, dialect: Dialect, wishes: Wishes): Promise<number> {
  const { seed, say } = wishes;
  const place = placeOf(each, dialect, seed);
  const base = await crashRun({ place, args: each.args, victim: 'process' }, undisturbed);
  const name = `${each.action} ${dialect.name}`;
  say(`${name}, undisturbed: ${crashText(base)}`);
  if (base.ending !== 'succeeded') {
    say(`  FAILED ${base.outcome}`);
    return 1;
  }
  let failures = 0;
  const tell = async (
    title: string,
    victim: CrashWish['victim'],
    plan: KillPlan,
  ): Promise<void> => {
    const result = await crashRun({ place, args: each.args, victim }, plan);
    say(`${name}, ${title}, ${victim} killed: ${crashText(result)}`);
    const problems = problemsOf(result, base);
    for (const problem of problems) say(`  FAILED ${problem}`);
    say(`  at ${result.kills.join(' · ')}`);
    if (problems.length > 0) {
      failures += 1;
      for (const line of result.journal.filter(({ type }) => type !== 'gate')) {
        say(`    ${JSON.stringify(line).slice(0, 300)}`);
      }
    }
  };
  for (const victim of VICTIMS.filter((each) => (wishes.words[0] ?? each) === each)) {
    if (isWished(wishes, 'chain')) {
      // Where no command lives there is nothing more to kill.
      const plan = everyBoundary((at) => victim === 'process' || /:(pid|upid)$/.test(at));
      await tell('every boundary in a row', victim, plan);
    }
    // Whoever was killed at the pid never comes to the exit: these need a run of their own.
    if (isWished(wishes, 'ends') && victim === 'process') {
      const plan = everyBoundary((at) => /:(exit|done)$/.test(at));
      await tell('every exit and proof in a row', victim, plan);
    }
    if (isWished(wishes, 'within')) {
      const plan = withinSteps(stepTimes(base.journal), seeded(seed));
      await tell('three times within each step', victim, plan);
    }
    if (isWished(wishes, 'single')) {
      for (const point of sample(pointsOf(base), wishes.most, seeded(seed))) {
        await tell(
          `once at ${point}`,
          victim,
          everyBoundary((boundary) => boundary === point),
        );
      }
    }
  }
  return failures;
}

const isWished = ({ mode }: Wishes, name: string): boolean => mode === undefined || mode === name;

const pointsOf = ({ journal }: CrashResult): readonly string[] => [
  ...new Set(journal.map(boundaryOf).filter((each) => each !== null)),
];

/** At most so many of them, in their order. */
function sample(all: readonly string[], most: number, random: () => number): readonly string[] {
  const kept = new Set(
    all
      .map((point) => ({ point, rank: random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, most)
      .map(({ point }) => point),
  );
  return all.filter((point) => kept.has(point));
}

function problemsOf(result: CrashResult, base: CrashResult): readonly string[] {
  const { ending, outcome, exitCode, effects } = result;
  if (ending === 'succeeded' && (exitCode ?? 0) === 0) return differences(base.effects, effects);
  return [
    `${ending}, exit ${exitCode}: ${outcome}`,
    // What was not reached is no duplicate.
    ...[...effects].flatMap(([what, times]) =>
      times > (base.effects.get(what) ?? 0) ? [`${what} ×${times}`] : [],
    ),
  ];
}
