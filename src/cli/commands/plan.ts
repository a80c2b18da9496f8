import type { Action, Answers, Plan, Refusal } from '../../actions/types.js';
import { sentences } from '../../model/sentence.js';
import type { Snapshot } from '../../model/snapshot.js';
import { isNothingReachable } from '../../model/verdict.js';
import type { Attached } from '../attached.js';
import type { ActingFlags } from '../command-tree.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { closedGates, formError, planDocument, planText, refusalDocument } from '../plan-report.js';
import { findAction, readAnswers } from '../registry.js';
import { UsageError } from '../usage-error.js';
import { type Hearing, waitUntilHeard, waitUntilPlannable } from '../wait.js';
import { withCluster } from '../with-cluster.js';

/** Shows what would be done; 3 when it would be refused. */
export function plan(
  invocation: Invocation,
  actionId: string,
  flags: ActingFlags,
): Promise<ExitCode> {
  const action = findAction(actionId);
  const answers = readAnswers(action, flags.set);
  return withCluster(invocation, async (attached) => {
    const outcome = await planFor(attached, action.id, answers);
    if (outcome.kind === 'refusal') return refuse(outcome, invocation, attached);
    showPlan(outcome, invocation);
    return closedGates(outcome).length > 0 ? exitCodeOfRefusal(attached) : EXIT.ok;
  });
}

/** Plans on live data. @throws UsageError when an answer is missing or wrong. */
export async function planFor(
  attached: Attached,
  actionId: string,
  answers: Answers,
): Promise<Plan | Refusal> {
  const action = findAction(actionId);
  if (attached.isReadOnly && action.level > 0) {
    return {
      kind: 'refusal',
      reason: `${attached.connection.name} is opened read-only.`,
      hint: 'Leave --read-only out, or change the setting of the cluster.',
      gate: null,
    };
  }
  await Promise.all([attached.readFacts(), waitUntilPlannable(attached, action, answers)]);
  const outcome = withSuggestions(attached, action, answers);
  if (outcome.kind === 'refusal' && outcome.isUsage === true) {
    throw new UsageError(outcome.reason, outcome.hint);
  }
  return outcome;
}

/** More forms than any wizard has. */
const MOST_FORMS = 50;

/** What was not answered takes the suggestion that a dialog would show; the plan then says what it is. */
function withSuggestions(attached: Attached, action: Action, given: Answers): Plan | Refusal {
  let answers = given;
  for (let round = 0; round < MOST_FORMS; round++) {
    const outcome = attached.plan(action, answers);
    if (outcome.kind !== 'form') return outcome;
    if (
      outcome.questions.some(({ problem, suggestion }) => problem !== null || suggestion === '')
    ) {
      throw formError(outcome, action.id);
    }
    answers = {
      ...answers,
      ...Object.fromEntries(outcome.questions.map(({ name, suggestion }) => [name, suggestion])),
    };
  }
  throw new UsageError(`${action.id} asks again and again.`, 'Use the console for it.');
}

export function showPlan(planned: Plan, { isJson, output }: Invocation): void {
  if (isJson) output.document(planDocument(planned));
  else for (const line of planText(planned)) output.line(line);
}

export function refuse(
  refusal: Refusal,
  { isJson, output }: Invocation,
  attached: Hearing,
): Promise<ExitCode> {
  if (isJson) output.document(refusalDocument(refusal));
  else output.warn(`Refused: ${sentences(refusal.reason, refusal.hint)}`);
  return exitCodeOfRefusal(attached);
}

/** Where nobody answers, that is the reason, whichever gate said so first. */
export async function exitCodeOfRefusal(attached: Hearing): Promise<ExitCode> {
  if (hasAnyAnswer(attached.snapshots.get())) return EXIT.refused;
  await waitUntilHeard(attached);
  return isNothingReachable(attached.snapshots.get()) ? EXIT.unreachable : EXIT.refused;
}

const hasAnyAnswer = ({ talosNodes, kubeNodes, vms }: Snapshot): boolean =>
  [...[...talosNodes.values()].map(({ version }) => version), kubeNodes, vms].some(
    ({ state }) => state === 'fresh',
  );
