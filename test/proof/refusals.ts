import { DIALECTS, type Dialect } from './cases.js';
import type { Wishes } from './main.js';
import { ACCESS } from './refusals/access.js';
import { CLUSTER } from './refusals/cluster.js';
import { IMAGES } from './refusals/images.js';
import { OPERATORS } from './refusals/operators.js';
import { everyAction, REQUESTS } from './refusals/requests.js';
import { openScene, type Scene } from './refusals/scene.js';
import { SIZES_AND_VERSIONS } from './refusals/sizes.js';
import { STALE } from './refusals/stale.js';
import { tableOf } from './refusals/table.js';
import { type Condition, goodAnswers, type Trial } from './refusals/trial.js';
import { type Outcome, tryOne } from './refusals/tried.js';

const CONDITIONS: readonly Condition[] = [
  REQUESTS,
  SIZES_AND_VERSIONS,
  ...IMAGES,
  ...ACCESS,
  ...OPERATORS,
  ...CLUSTER,
  ...STALE,
];

/** Every bad input of every action, on legacy and new Talos. @returns how many were not refused as they must be. */
export async function proveRefusals(wishes: Wishes): Promise<number> {
  const dialects = DIALECTS.filter(({ name }) => (wishes.talos ?? name) === name);
  const outcomes: Outcome[] = [];
  for (const dialect of dialects) outcomes.push(...(await proveDialect(dialect, wishes)));
  const unknown = everyAction().filter((action) => !(action in goodAnswers(DIALECTS[0])));
  for (const action of unknown) wishes.say(`NOT TRIED: ${action} has no trials`);
  for (const line of tableOf(outcomes)) wishes.say(line);
  const failures = outcomes.filter(({ problems }) => problems.length > 0).length;
  wishes.say(`${outcomes.length} trials, ${failures} not as they must be`);
  return failures + unknown.length;
}

async function proveDialect(dialect: Dialect, wishes: Wishes): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const chosen = CONDITIONS.filter(
    ({ name, only }) =>
      (only ?? dialect.name) === dialect.name &&
      (wishes.words.length === 0 || wishes.words.some((word) => name.includes(word))),
  );
  let scene: Scene | null = null;
  try {
    for (const condition of chosen) {
      const { scenario = 'healthy' } = condition;
      if (scenario !== 'healthy') {
        const own = await openScene(scenario, dialect, wishes.seed);
        try {
          outcomes.push(...(await tryCondition(condition, own, wishes)).outcomes);
        } finally {
          await own.close();
        }
        continue;
      }
      scene ??= await openScene(scenario, dialect, wishes.seed);
      const tried = await tryCondition(condition, scene, wishes);
      outcomes.push(...tried.outcomes);
      if (tried.isClean) continue;
      await scene.close();
      scene = null;
    }
  } finally {
    await scene?.close();
  }
  return outcomes;
}

async function tryCondition(
  condition: Condition,
  scene: Scene,
  { say, action }: Wishes,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly isClean: boolean }> {
  const { dialect } = scene;
  const failed = await broughtTo(condition, scene);
  if (failed !== null) {
    say(lineOf(failed));
    return { outcomes: [failed], isClean: false };
  }
  const outcomes: Outcome[] = [];
  const trials = condition
    .trials(dialect, scene)
    .filter((trial) => isFor(trial, dialect.name) && (action ?? trial.args[0]) === trial.args[0]);
  for (const trial of trials) {
    const outcome = await tryOne(trial, scene);
    outcomes.push(outcome);
    say(lineOf(outcome));
  }
  await condition.undo?.(scene);
  const isChanged =
    trials.some(({ meanwhile }) => meanwhile !== undefined) ||
    outcomes.some(({ answer, problems }) => answer.run !== null || problems.length > 0);
  const isLeft = condition.bring !== undefined && condition.undo === undefined;
  return { outcomes, isClean: !isLeft && !isChanged };
}

/** Talos 1.12 installs and boots in one go: there `disarm-node` is refused whatever it is asked. */
const isFor = ({ only, args }: Trial, name: Dialect['name']): boolean =>
  only === undefined ? name !== '1.12' || args[0] !== 'disarm-node' : only === name;

/** What cannot be tried is not refused. */
async function broughtTo(condition: Condition, scene: Scene): Promise<Outcome | null> {
  try {
    await condition.bring?.(scene);
    return null;
  } catch (error) {
    const reason = String(error).slice(0, 400);
    return {
      trial: { title: condition.name, args: [], exit: 3, says: /./ },
      dialect: scene.dialect.name,
      answer: { exitCode: null, reason, hint: '', gate: null, run: null },
      problems: ['the cluster could not be brought into this state'],
    };
  }
}

function lineOf({ trial, dialect, answer, problems }: Outcome): string {
  const verdict = problems.length === 0 ? 'refused' : `NOT AS IT MUST: ${problems.join('; ')}`;
  const said = `${answer.reason} → ${answer.hint}`.replaceAll(/\s+/g, ' ');
  return `| ${trial.title} | ${trial.args.join(' ')} | ${dialect} | ${answer.exitCode} ${answer.gate ?? ''} | ${verdict} | ${said} |`;
}
