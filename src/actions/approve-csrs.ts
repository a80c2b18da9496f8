import { assessCsr, type CsrAssessment, csrContext, KUBELET_SERVING } from '../model/csr-rules.js';
import { formatAge, formatCount, formatList } from '../model/format.js';
import type { Csr } from '../model/kubernetes.js';
import { freshValue, readingError } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { ALL } from './all.js';
import type { ShownCsr } from './approve-csrs/current.js';
import { approveStep } from './approve-csrs/step.js';
import { programGate, refuseWithoutProgram } from './gates/programs.js';
import { refusal, usageError } from './refusal.js';
import type { Action, Form, Plan, PlanContext, Question, Refusal } from './types.js';

/** Level 1: it concerns one node each, but an approval cannot be taken back. */
export const approveCsrs: Action = {
  id: 'approve-csrs',
  title: 'Approve kubelet-serving requests',
  description:
    'Approves pending certificate requests of kubelets that pass all sixteen rules; the others are held with the reason.',
  key: 'a',
  level: 1,
  answerNames: ['csr'],
  missing,
  options,
  plan,
};

function missing({ csrs, kubeNodes, talosMembers }: Snapshot): readonly string[] {
  return [
    ...(csrs.state === 'waiting' ? ['the certificate requests'] : []),
    ...(kubeNodes.state === 'waiting' ? ['the Kubernetes nodes'] : []),
    ...(talosMembers.state === 'waiting' ? ['the Talos members'] : []),
  ];
}

function plan(context: PlanContext): Plan | Refusal | Form {
  const { connection, facts, snapshot, answers } = context;
  if (connection.kubernetes === null) {
    return refusal(
      `No kubeconfig is known for ${connection.name}.`,
      'Set KUBECONFIG or name the file in the settings of the cluster.',
    );
  }
  const program = refuseWithoutProgram(facts.kubectl);
  if (program !== null) return program;
  const csrs = freshValue(snapshot.csrs);
  if (csrs === undefined) return refuseWithoutCsrs(snapshot);
  const serving = servingOf(csrs);
  const pending = pendingOf(context, serving);
  return answers.csr === undefined
    ? ask(pending)
    : planAnswer(answers.csr, { serving, pending, context });
}

const servingOf = (csrs: readonly Csr[]): readonly Csr[] =>
  csrs.filter(({ signerName }) => signerName === KUBELET_SERVING);

function pendingOf(
  { snapshot, nowMs }: PlanContext,
  serving: readonly Csr[],
): readonly CsrAssessment[] {
  const assess = csrContext(snapshot, nowMs);
  return serving
    .filter(({ state }) => state === 'pending')
    .map((csr) => assessCsr(csr, assess))
    .toSorted((a, b) => a.csr.createdAtMs - b.csr.createdAtMs);
}

function options(context: PlanContext): readonly Question[] {
  const csrs = freshValue(context.snapshot.csrs) ?? [];
  return [csrQuestion(pendingOf(context, servingOf(csrs)).filter(isApprovable))];
}

function refuseWithoutCsrs({ csrs }: Snapshot): Refusal {
  const error = readingError(csrs);
  return error === undefined
    ? refusal('The certificate requests have not been read yet.', 'Wait a moment.')
    : refusal(`The certificate requests cannot be read: ${error.message}`, error.hint);
}

const isApprovable = ({ verdict }: CsrAssessment): boolean => verdict === 'approvable';

function refuseWithoutApprovable(pending: readonly CsrAssessment[]): Refusal | null {
  if (pending.length === 0) {
    return refusal(
      'No kubelet-serving request is pending.',
      'A kubelet asks again before its certificate ends.',
    );
  }
  return pending.some(isApprovable)
    ? null
    : refusal(
        `No pending request passes the rules. ${formatList(pending.map(heldText))}.`,
        'Look at the requests on screen 5 before you decide by hand.',
      );
}

const heldText = ({ csr, verdict, reasons }: CsrAssessment): string =>
  `${csr.name} ${verdict === 'superseded' ? 'is superseded' : verdict === 'deny-worthy' ? 'looks hostile' : 'is held'} (${reasons[0] ?? 'no reason'})`;

function ask(pending: readonly CsrAssessment[]): Form | Refusal {
  const refused = refuseWithoutApprovable(pending);
  if (refused !== null) return refused;
  const good = pending.filter(isApprovable);
  const held = pending.length - good.length;
  return {
    kind: 'form',
    title: `Approve kubelet-serving requests${held === 0 ? '' : ` (${held} more held)`}`,
    questions: [csrQuestion(good)],
  };
}

const csrQuestion = (good: readonly CsrAssessment[]): Question => ({
  name: 'csr',
  label: 'Requests to approve',
  kind: 'choices',
  choices: good.map(({ csr, node }) => ({
    value: csr.name,
    label: `${node ?? csr.username} ${csr.name}`,
  })),
  suggestion: good.map(({ csr }) => csr.name).join(','),
  problem: null,
});

interface Answered {
  readonly serving: readonly Csr[];
  readonly pending: readonly CsrAssessment[];
  readonly context: PlanContext;
}

function planAnswer(answer: string, answered: Answered): Plan | Refusal {
  const { serving, pending } = answered;
  if (answer.trim() === ALL) {
    const refused = refuseWithoutApprovable(pending);
    if (refused !== null) return refused;
    return planFor(
      pending.filter(isApprovable).map(({ csr }) => csr),
      answered,
    );
  }
  const names = [...new Set(answer.split(',').map((name) => name.trim()))].filter(
    (name) => name !== '',
  );
  if (names.length === 0) {
    return usageError('No request is named.', 'Set csr to names joined by commas, or to all.');
  }
  const unknown = names.filter((name) => !serving.some((csr) => csr.name === name));
  if (unknown.length > 0) {
    return usageError(
      `${formatList(unknown)}: no kubelet-serving request has this name.`,
      pending.length === 0
        ? 'No request is pending.'
        : `Choose from: ${pending.map(({ csr }) => csr.name).join(', ')}.`,
    );
  }
  const chosen = serving.filter(({ name }) => names.includes(name));
  return refuseDecided(chosen) ?? refuseHeld(chosen, answered) ?? planFor(chosen, answered);
}

/** What was approved meanwhile stays in the plan: a resumed run finds it done. */
function refuseDecided(chosen: readonly Csr[]): Refusal | null {
  const decided = chosen.find(({ state }) => state === 'denied' || state === 'failed');
  return decided === undefined
    ? null
    : refusal(
        `${decided.name} is already ${decided.state}.`,
        'Delete it: the kubelet makes a new one after a while.',
        'V2',
      );
}

function refuseHeld(chosen: readonly Csr[], { pending }: Answered): Refusal | null {
  const held = pending.filter(
    (assessment) => chosen.includes(assessment.csr) && !isApprovable(assessment),
  );
  const [first] = held;
  if (first === undefined) return null;
  return refusal(
    `${formatList(held.map(heldText))}.`,
    'Look at the request and at the node before you decide by hand.',
    first.reasons[0]?.split(':')[0] ?? null,
  );
}

function planFor(chosen: readonly Csr[], { pending, context }: Answered): Plan | Refusal {
  const { connection, facts, nowMs } = context;
  const { kubernetes, programs } = connection;
  if (kubernetes === null) return refusal('No kubeconfig is known.', 'Set KUBECONFIG.');
  const shown = chosen.map(shownCsr).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const steps = shown.map((csr) => approveStep(csr, { kubectl: programs.kubectl, kubernetes }));
  return {
    kind: 'plan',
    action: approveCsrs.id,
    answers: { csr: shown.map(({ name }) => name).join(',') },
    level: approveCsrs.level,
    summary: `Approve ${formatCount(shown.length, 'kubelet-serving request')} (${formatList(shown.map(({ node }) => node))})`,
    lines: [
      ...chosen.map((csr) => approveLine(csr, nowMs)),
      ...pending.filter((one) => !isApprovable(one)).map((one) => `left alone: ${heldText(one)}`),
    ],
    gates: [programGate('kubectl', facts.kubectl, null)],
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: 'none',
    ifConsoleDies: 'The approvals go on by themselves.',
    undo: 'An approval cannot be withdrawn: the certificate is good until it ends.',
    confirmName: null,
  };
}

const nodeText = ({ username }: Csr): string => username.replace(/^system:node:/, '');

const shownCsr = (csr: Csr): ShownCsr => ({ name: csr.name, uid: csr.uid, node: nodeText(csr) });

const approveLine = (csr: Csr, nowMs: number): string =>
  `approve ${csr.name} of ${nodeText(csr)}, asked ${agoText(nowMs - csr.createdAtMs)}`;

const agoText = (ms: number): string => {
  const age = formatAge(ms);
  return age === 'now' ? 'just now' : `${age} ago`;
};
