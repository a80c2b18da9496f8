import type { Action, Answers, Plan, Refusal } from '../../actions/types.js';
import { systemClock } from '../../clients/clock.js';
import { formatList } from '../../model/format.js';
import { sentences } from '../../model/sentence.js';
import { silentLists } from '../../model/silence.js';
import type { Snapshot } from '../../model/snapshot.js';
import { isNothingReachable } from '../../model/verdict.js';
import { planScript } from '../../runs/export-script.js';
import type { ActingFlags } from '../acting-flags.js';
import type { Attached } from '../attached.js';
import { refusalDespite } from '../consent.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { SCHEMA } from '../output.js';
import { formError, isOpen, planDocument, planText, refusalDocument } from '../plan-report.js';
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
    const outcome = await planFor(attached, action, { answers, tell: invocation.output.warn });
    if (outcome.kind === 'refusal') return refuse(outcome, invocation, attached);
    const held = refusalDespite(outcome, attached.gatesAhead(outcome), flags.override);
    showPlan(outcome, flags, invocation);
    return held === null ? EXIT.ok : exitCodeOfRefusal(attached);
  });
}

interface Planning {
  readonly answers: Answers;
  /** Told what is waited for when it takes long. */
  readonly tell: (text: string) => void;
}

/** Plans on live data. @throws UsageError when an answer is missing or wrong. */
export async function planFor(
  attached: Attached,
  action: Action,
  planning: Planning,
): Promise<Plan | Refusal> {
  const { answers } = planning;
  if (attached.isReadOnly && action.level > 0) {
    return {
      kind: 'refusal',
      reason: `${attached.connection.name} is opened read-only.`,
      hint: 'Leave --read-only out, or change the setting of the cluster.',
      gate: null,
    };
  }
  if (action.wants === undefined) {
    await Promise.all([attached.readFacts(), waitUntilPlannable(attached, action, answers)]);
  } else {
    await waitUntilPlannable(attached, action, answers);
  }
  const outcome = await planPatiently(attached, action, planning);
  if (outcome.kind === 'refusal' && outcome.isUsage === true) {
    throw new UsageError(outcome.reason, outcome.hint);
  }
  return outcome;
}

const PATIENCE_MS = 20_000;
/** Sources that have all answered have little to add: what is unknown then mostly stays so. */
const SETTLED_PATIENCE_MS = 6_000;
/** A list that has not come, or not in time, comes later on a host that is busy. */
const SILENT_PATIENCE_MS = 45_000;
const AGAIN_MS = 2_000;

/** Plans again, and inspects again what the action wants to know, while a part of it is not known yet and may be. */
async function planPatiently(
  attached: Attached,
  action: Action,
  { answers, tell }: Planning,
): Promise<Plan | Refusal> {
  const beganAtMs = systemClock.now();
  let told = '';
  for (let waitedMs = 0; ; waitedMs += AGAIN_MS) {
    const outcome = await withSuggestions(attached, action, answers);
    const snapshot = attached.snapshots.get();
    const silent = silentLists(snapshot);
    const missing = action.missing(snapshot, answers);
    const waitsFor = unheard(outcome, silent, missing);
    if (waitsFor === '') return outcome;
    const isSilent = silent.length > 0;
    const passedMs = Math.max(waitedMs, isSilent ? systemClock.now() - beganAtMs : 0);
    if (passedMs >= patienceMs(isSilent, attached)) return outcome;
    // What is missing has been waited for before.
    if (waitsFor !== told && (waitedMs > 0 || missing.length > 0)) {
      tell(`Waits for ${waitsFor}.`);
      told = waitsFor;
    }
    await systemClock.sleep(AGAIN_MS);
  }
}

const patienceMs = (isSilent: boolean, { isSettled }: Attached): number => {
  if (isSilent) return SILENT_PATIENCE_MS;
  return isSettled() ? SETTLED_PATIENCE_MS : PATIENCE_MS;
};

/** What may still make another answer of this one; empty when it is final. */
function unheard(
  outcome: Plan | Refusal,
  silent: readonly string[],
  missing: readonly string[],
): string {
  if (missing.length > 0) return formatList(missing);
  if (outcome.kind === 'refusal') return outcome.isUsage === true ? '' : formatList(silent);
  const unknown = outcome.gates.filter(({ state }) => state === 'unknown').map(({ id }) => id);
  return formatList([...new Set(unknown)]);
}

/** More forms than any wizard has. */
const MOST_FORMS = 50;

/** What was not answered takes the suggestion that a dialog would show; the plan then says what it is. */
async function withSuggestions(
  attached: Attached,
  action: Action,
  given: Answers,
): Promise<Plan | Refusal> {
  let answers = given;
  for (let round = 0; round < MOST_FORMS; round++) {
    // With every answer other nodes, machines and images may be meant.
    await inspect(attached, action, answers);
    const outcome = attached.plan(action, answers);
    if (outcome.kind !== 'form') return outcome;
    if (outcome.questions.some(isOpen)) {
      throw formError(outcome, action.id);
    }
    answers = {
      ...answers,
      ...Object.fromEntries(outcome.questions.map(({ name, suggestion }) => [name, suggestion])),
    };
  }
  throw new UsageError(`${action.id} asks again and again.`, 'Use the console for it.');
}

/** More often the cluster does not become another one while it is asked. */
const MOST_INSPECTIONS = 3;

/** Again when what was heard meanwhile makes the action want more: a guest that has just been told apart. */
async function inspect(attached: Attached, action: Action, answers: Answers): Promise<void> {
  const { wants } = action;
  if (wants === undefined) return;
  for (let round = 0; round < MOST_INSPECTIONS; round++) {
    const wanted = wants(attached.snapshots.get(), answers);
    await attached.readFacts(wanted);
    const wantedNow = wants(attached.snapshots.get(), answers);
    if (JSON.stringify(wantedNow) === JSON.stringify(wanted)) return;
  }
}

export function showPlan(
  planned: Plan,
  { script }: ActingFlags,
  { isJson, output }: Invocation,
): void {
  if (script && isJson) output.document({ schema: SCHEMA, script: planScript(planned) });
  else if (script) output.line(planScript(planned).trimEnd());
  else if (isJson) output.document(planDocument(planned));
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
