import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, Expectation, KnownDifference, Step } from './case.js';
import { type Difference, deviations, differences, type Outcome } from './compare.js';
import { invoke } from './invoke.js';
import { type ContractLab, type LabWish, startContractLab } from './lab.js';
import { withoutPlaces } from './masks.js';
import { isWithin, type RealProgram } from './participants.js';
import { filled } from './seat.js';
import { worldOf } from './world.js';

export interface StepResult {
  readonly one: Case;
  readonly real: RealProgram;
  readonly step: Step;
  readonly verdict: 'equal' | 'known' | 'different';
  readonly outcome: Outcome;
  readonly differences: readonly Difference[];
  /** Known differences that are none any more. */
  readonly outdated: readonly KnownDifference[];
}

/** Labs on which nothing changes, shared by all cases that only read. */
export interface LabHouse {
  readonly fresh: (wish: LabWish) => Promise<ContractLab>;
  readonly shared: (wish: LabWish) => Promise<ContractLab>;
  readonly close: () => Promise<void>;
}

export function openLabHouse(dist: string): LabHouse {
  const shared = new Map<string, Promise<ContractLab>>();
  const fresh = (wish: LabWish) => startContractLab(dist, wish);
  return {
    fresh,
    shared: (wish) => {
      const key = JSON.stringify(wish);
      const lab = shared.get(key) ?? fresh(wish);
      shared.set(key, lab);
      return lab;
    },
    close: async () => {
      // One that did not come up has broken its case already.
      const labs = await Promise.allSettled(shared.values());
      for (const lab of labs) if (lab.status === 'fulfilled') await lab.value.close();
    },
  };
}

/** The stand-in once, then every real program, each against an equal lab. */
export async function runCase(
  one: Case,
  reals: readonly RealProgram[],
  house: LabHouse,
): Promise<readonly StepResult[]> {
  const expected = one.isRealOnly === true ? [] : await outcomesOf(one, null, house);
  const results: StepResult[] = [];
  for (const real of reals) {
    const outcomes = await outcomesOf(one, real, house);
    for (const [index, step] of one.steps.entries()) {
      const ours = outcomes[index];
      if (ours)
        results.push({ one, ...judged(real, step, ours, found(step, ours, expected[index])) });
    }
  }
  return results;
}

/** @throws Error when a step has neither a stand-in nor an expectation: it could not fail. */
function found(step: Step, ours: Met, theirs: Met | null | undefined): readonly Difference[] {
  if (!theirs && step.expect === undefined) {
    throw new Error(`Nothing to compare with: ${step.argv.join(' ')}`);
  }
  const own =
    step.expect === undefined ? [] : deviations(step, filledIn(step.expect, ours), ours.outcome);
  if (!theirs) return own;
  const both = differences(step, ours.outcome, theirs.outcome);
  return [...both, ...own.filter(({ part }) => both.every((other) => other.part !== part))];
}

function filledIn({ code, stdout, stderr }: Expectation, { masked }: Met): Expectation {
  const fill = (wanted: string | RegExp) => (typeof wanted === 'string' ? masked(wanted) : wanted);
  return {
    ...(code === undefined ? {} : { code }),
    ...(stdout === undefined ? {} : { stdout: fill(stdout) }),
    ...(stderr === undefined ? {} : { stderr: fill(stderr) }),
  };
}

/** An outcome, and how a text of the case looks on its lab. */
interface Met {
  readonly outcome: Outcome;
  readonly masked: (text: string) => string;
}

function judged(
  real: RealProgram,
  step: Step,
  { outcome }: Met,
  all: readonly Difference[],
): Omit<StepResult, 'one'> {
  const known = (step.known ?? []).filter(({ versions }) => isWithin(real.version, versions));
  const isKnown = ({ part }: Difference) => known.some(({ parts }) => parts.includes(part));
  const outdated = known.filter(
    ({ parts }) => !parts.every((part) => all.some((difference) => difference.part === part)),
  );
  const unknown = all.filter((difference) => !isKnown(difference));
  const verdict =
    unknown.length > 0 || outdated.length > 0 ? 'different' : all.length > 0 ? 'known' : 'equal';
  return { real, step, verdict, outcome, differences: unknown, outdated };
}

/** What each step gave; null: this version does not take part in it. */
async function outcomesOf(
  one: Case,
  real: RealProgram | null,
  house: LabHouse,
): Promise<readonly (Met | null)[]> {
  const { scenario = 'healthy', timeScale = 0, isChange = false } = one;
  const wish = { scenario, timeScale };
  const lab = await (isChange ? house.fresh(wish) : house.shared(wish));
  const out = mkdtempSync(join(lab.dir, 'out-'));
  const outcomes: (Met | null)[] = [];
  try {
    for (const step of one.steps) {
      const takesPart =
        real === null || step.only === undefined || isWithin(real.version, step.only);
      outcomes.push(takesPart ? await outcomeOf(one, step, lab, out, real) : null);
    }
  } finally {
    if (isChange) await lab.close();
    else rmSync(out, { recursive: true, force: true });
  }
  return outcomes;
}

async function outcomeOf(
  one: Case,
  step: Step,
  lab: ContractLab,
  out: string,
  real: RealProgram | null,
): Promise<Met> {
  const { program, isChange = false, isRealOnly = false } = one;
  const binary = real?.binary ?? join(lab.dir, 'bin', program);
  const seat = { binary, lab, out };
  const result = await invoke(step, seat);
  if (step.advanceSeconds !== undefined) await lab.advance(step.advanceSeconds);
  const places = new Map([
    [out, '<out>'],
    [lab.dir, '<dir>'],
    [`${lab.facts.get('lan')}.`, '127.<lan>.'],
  ]);
  return {
    outcome: {
      ...result,
      world:
        isChange && !isRealOnly ? await worldOf(lab, one, places, step === one.steps.at(-1)) : null,
      withoutPlaces: (text) => withoutPlaces(text, places),
    },
    masked: (text) => withoutPlaces(filled(text, seat), places),
  };
}
