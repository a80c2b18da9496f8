import type { Dialect } from '../cases.js';
import { type Answer, attempt } from './attempt.js';
import { changesSince, openRunsIn, type Scene } from './scene.js';
import type { Trial } from './trial.js';

/** One trial and what came of it. */
export interface Outcome {
  readonly trial: Trial;
  readonly dialect: Dialect['name'];
  readonly answer: Answer;
  /** How it was not as it must be; empty: it was. */
  readonly problems: readonly string[];
}

/** What a program says that was not heard in time: on a busy host that is no answer to the trial. */
const UNHEARD =
  /not read within|gave no answer|out of date|did not end within|has not been read|not known: not every|are not known|not known yet|was cut/;
const TRIES = 3;

/** Tries it, and compares the whole world before and after. */
export async function tryOne(trial: Trial, scene: Scene): Promise<Outcome> {
  for (let tried = 1; ; tried += 1) {
    const outcome = await tryOnce(trial, scene);
    const isUnheard = outcome.problems.length > 0 && UNHEARD.test(outcome.answer.reason);
    const hasActed = trial.meanwhile !== undefined || outcome.answer.run !== null;
    if (!isUnheard || hasActed || tried === TRIES) return outcome;
  }
}

async function tryOnce(trial: Trial, scene: Scene): Promise<Outcome> {
  let before = scene.observe();
  const openBefore = openRunsIn(scene.stateDir);
  const answer = await attempt(scene, {
    ...trial,
    async meanwhile(there) {
      await trial.meanwhile?.(there);
      before = there.observe();
    },
  });
  const opened = openRunsIn(scene.stateDir).filter((id) => !openBefore.includes(id));
  const problems = [
    ...problemsOf(trial, answer),
    ...changesSince(before, scene.observe()),
    ...opened.map((id) => `run ${id} is left open`),
  ];
  for (const id of opened) await scene.cli('runs', 'cancel', id);
  return { trial, dialect: scene.dialect.name, answer, problems };
}

const SENTENCE = /^[A-Z`"].*[.?]$/s;

function problemsOf(trial: Trial, { exitCode, reason, hint, gate }: Answer): readonly string[] {
  return [
    ...(exitCode === trial.exit ? [] : [`exit ${exitCode} instead of ${trial.exit}`]),
    ...(trial.says.test(reason) ? [] : [`the reason does not say ${trial.says}`]),
    ...(SENTENCE.test(hint) ? [] : ['no next step']),
    ...(trial.next === undefined || trial.next.test(hint)
      ? []
      : [`the next step does not say ${trial.next}`]),
    ...(trial.gate === undefined || trial.gate === gate
      ? []
      : [`gate ${gate} instead of ${trial.gate}`]),
  ];
}
