import { commandText } from '../actions/command-text.js';
import { isToldDisruptive } from '../actions/disruption.js';
import { fingerprint } from '../actions/fingerprint.js';
import type { Form, Gate, Plan, PlannedStep, Question, Refusal } from '../actions/types.js';
import { formatDuration } from '../model/format.js';
import { sanitise } from '../model/sanitise.js';
import { sentences } from '../model/sentence.js';
import { unreachable } from '../model/unreachable.js';
import { SCHEMA } from './output.js';
import { UsageError } from './usage-error.js';

const LEVELS: Readonly<Record<Plan['level'], string>> = {
  0: 'reads only',
  1: 'reversible, one node',
  2: 'disruptive, one node',
  3: 'disruptive, the cluster',
  4: 'irreversible',
};

/** `plan --json` (DESIGN §8). */
export const planDocument = (plan: Plan): object => ({
  schema: SCHEMA,
  action: plan.action,
  level: plan.level,
  summary: plan.summary,
  fingerprint: fingerprint(plan),
  gates: plan.gates.map(({ id, state, text, override }) => ({ id, state, text, override })),
  steps: plan.steps.map(stepDocument),
  lines: plan.lines,
});

export const refusalDocument = ({ reason, hint, gate }: Refusal): object => ({
  schema: SCHEMA,
  refusal: { reason, hint, gate },
});

function stepDocument(step: PlannedStep): object {
  const { id, title, target, proof } = step;
  const disruptive = isToldDisruptive(step);
  return { id, title, target, ...commandField(step.command), disruptive, proof };
}

function commandField(command: PlannedStep['command']): object {
  switch (command.kind) {
    case 'argv':
      return { argv: command.argv };
    case 'api':
      return { api: `${command.method} ${command.path}` };
    case 'local':
      return { local: command.text };
    default:
      return unreachable(command);
  }
}

/** The plan for people: what would be done, with which commands, and what holds it back. */
export function planText(plan: Plan): readonly string[] {
  const steps = plan.steps.flatMap((step, index) => [
    `${index + 1}. ${step.title}${isToldDisruptive(step) ? ' (disruptive)' : ''}`,
    `   ${commandText(step.command)}`,
    `   proof: ${step.proof}`,
  ]);
  return [
    plan.summary,
    `level ${plan.level} (${LEVELS[plan.level]}) · about ${formatDuration(plan.expectedMs)} · downtime: ${plan.downtime}`,
    '',
    ...plan.lines,
    '',
    ...steps,
    '',
    ...plan.gates.map(gateText),
    `if the console dies: ${plan.ifConsoleDies}`,
    `undo: ${plan.undo}`,
    `fingerprint: ${fingerprint(plan)}`,
  ].map(sanitise);
}

const GATE_WORDS: Readonly<Record<Gate['state'], string>> = {
  green: 'ok',
  red: 'HOLDS',
  unknown: 'UNKNOWN',
};

const gateText = ({ id, state, text, remedy, override }: Gate): string =>
  state === 'green'
    ? `${id} ${GATE_WORDS[state]}: ${text}`
    : `${id} ${GATE_WORDS[state]}: ${sentences(text, remedy)}${override === 'no' ? '' : ` (or --override ${id})`}`;

/** Its suggestion does not stand for an answer. */
export const isOpen = ({ problem, suggestion, isToBeSaid = false }: Question): boolean =>
  problem !== null || suggestion === '' || isToBeSaid;

/** A form cannot be filled in here: names what `--set` must say. */
export function formError(form: Form, action: string): UsageError {
  const question = form.questions.find(isOpen) ?? form.questions[0];
  if (question === undefined) return new UsageError(`${form.title}.`, 'Open the console.');
  const { name, label, problem, choices, suggestion } = question;
  const values = choices.map(({ value }) => value);
  const offered =
    values.length > 0
      ? ` (one of ${values.slice(0, 8).join(', ')}${values.length > 8 ? ', …' : ''})`
      : '';
  const why = problem === null ? `${action} needs ${name}: ${label}` : `${name}: ${problem}`;
  return new UsageError(
    `${why}.`,
    `Add --set ${name}=${suggestion || values[0] || 'VALUE'}${offered}.`,
  );
}
