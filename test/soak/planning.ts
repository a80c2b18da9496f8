import type { Action, Answers, Plan, PlanContext, Refusal } from '../../src/actions/types.js';
import { closedGates } from '../../src/runs/passage.js';
import type { Faults } from './faults.js';
import { contextNow } from './process.js';
import type { Sim } from './sim.js';

const PLAN_PATIENCE_MS = 60_000;

/** As the command line plans: suggestions are taken, and what is not heard yet is waited for. */
export async function planIn(
  sim: Sim,
  faults: Faults,
  action: Action,
  given: Answers,
): Promise<Plan | Refusal> {
  const session = sim.attach();
  try {
    for (let waitedMs = 0; ; waitedMs += 1_000) {
      await faults.clock.pass(1_000);
      const answers = given;
      const snapshot = session.snapshot();
      const isLast = waitedMs >= PLAN_PATIENCE_MS;
      if (action.missing(snapshot, answers).length > 0 && !isLast) continue;
      const facts = await faults.clock.driven(
        session.facts.refresh(action.wants?.(snapshot, answers)),
      );
      const context: PlanContext = { ...contextNow(sim, session, answers), facts };
      const outcome = withSuggestions(action, context);
      if (outcome.kind === 'refusal') return outcome;
      const closed = closedGates(outcome.gates, []);
      if (closed.length === 0) return outcome;
      const [first] = closed;
      if (first !== undefined && (isLast || closed.every(({ state }) => state === 'red'))) {
        return {
          kind: 'refusal',
          reason: `${first.id}: ${first.text}`,
          hint: first.remedy,
          gate: first.id,
        };
      }
    }
  } finally {
    await session.close();
  }
}

function withSuggestions(action: Action, context: PlanContext): Plan | Refusal {
  let { answers } = context;
  for (;;) {
    const outcome = action.plan({ ...context, answers });
    if (outcome.kind !== 'form') return outcome;
    answers = {
      ...answers,
      ...Object.fromEntries(outcome.questions.map(({ name, suggestion }) => [name, suggestion])),
    };
  }
}
