import { isToldDisruptive } from '../actions/disruption.js';
import type { Plan, PlannedStep, PveOrder } from '../actions/types.js';
import { formatDuration } from '../model/format.js';
import type { RunId } from '../model/ids.js';
import type { RunStepPlan } from '../model/run.js';
import { quoteArgv } from '../model/shell-words.js';
import { unreachable } from '../model/unreachable.js';
import type { JournalLine, RunRequest } from './types.js';

/** A commented shell script of the changes that a run made, for papers and for doing it again by hand. */
export function exportScript(
  id: RunId,
  request: RunRequest,
  journal: readonly JournalLine[],
): string {
  const begun = new Set(journal.flatMap((line) => (line.type === 'step' ? [line.step] : [])));
  const rest = request.steps.filter((step) => !begun.has(step.id));
  return script([
    ...head(
      request.summary,
      `cluster ${request.cluster}, run ${id}, by ${request.operator}, ${isoTime(request.createdAtMs)}`,
      'What was executed, in order. It does not look before it acts: read it before you run it.',
    ),
    ...journal.flatMap((line) => scriptLines(line, request.steps)),
    ...(rest.length === 0 ? [] : ['', ...rest.map(({ title }) => note(`not begun: ${title}`))]),
  ]);
}

/** The same of a plan that was not executed: its commands in order, what to check and to wait for as comments. */
export function planScript(plan: Plan): string {
  return script([
    ...head(
      plan.summary,
      `level ${plan.level}, about ${formatDuration(plan.expectedMs)}, downtime: ${plan.downtime}`,
      'What would be executed, in order. It does not look before it acts, and waits for nothing: read it before you run it.',
    ),
    ...plan.gates.map(({ id, state, text }) => note(`check ${id} (now ${state}): ${text}`)),
    ...plan.steps.flatMap(plannedLines),
    '',
    note(`undo: ${plan.undo}`),
  ]);
}

const head = (summary: string, origin: string, warning: string): readonly string[] => [
  '#!/bin/sh',
  note(summary),
  note(origin),
  note(warning),
  'set -eu',
];

function plannedLines(step: PlannedStep): readonly string[] {
  const { title, target, command, proof, expectedMs } = step;
  return [
    '',
    note(`${onTarget(title, target)}${checkText(step)}`),
    ...commandLines(command),
    note(`wait until: ${proof} (usually ${formatDuration(expectedMs)})`),
  ];
}

function checkText(step: PlannedStep): string {
  if (!step.isDisruptive) return '';
  return isToldDisruptive(step)
    ? ' (disruptive: check again before it)'
    : ' (check again before it)';
}

function commandLines(command: PlannedStep['command']): readonly string[] {
  switch (command.kind) {
    case 'argv':
      return argvLines(command.argv);
    case 'api': {
      const [path = '', ...parameters] = command.path.split(' ');
      return [
        ...pveshLines({
          method: command.method,
          path,
          parameters: Object.fromEntries(parameters.map(pairOf)),
        }),
      ];
    }
    case 'local':
      return [note(`by talos-tui itself: ${command.text}`)];
    default:
      return unreachable(command);
  }
}

const pairOf = (text: string): readonly [string, string] => {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
};

function scriptLines(line: JournalLine, steps: readonly RunStepPlan[]): readonly string[] {
  switch (line.type) {
    case 'started':
      return line.resumed ? ['', note(`resumed on ${line.host}, ${isoTime(line.atMs)}`)] : [];
    case 'gate':
      return [note(`checked ${line.id}, ${line.state}: ${line.text}`)];
    case 'override':
      return [note(`${line.operator} overrides ${line.gates.join(', ')}`)];
    case 'step': {
      const target = steps.find(({ id }) => id === line.step)?.target ?? null;
      return ['', note(`${onTarget(line.title, target)}, ${isoTime(line.atMs)}`)];
    }
    case 'already-done':
      return [note(`already done: ${line.evidence}`)];
    case 'intent':
      if (line.argv !== undefined) return argvLines(line.argv);
      if (line.order !== undefined) return pveshLines(line.order);
      return [note(`by talos-tui itself: ${line.command}`)];
    case 'upid':
      return [
        note(
          `Proxmox task ${line.upid}${line.exitStatus === undefined ? '' : `: ${line.exitStatus}`}`,
        ),
      ];
    case 'exit':
      return line.exitCode === 0 ? [] : [note(`ended with code ${line.exitCode ?? 'unknown'}`)];
    case 'paused':
      return [note(`paused: ${line.reason}`)];
    case 'done':
      return [note(`waited until: ${line.evidence}`)];
    case 'failed':
      return [note(`failed: ${line.error} ${line.state}`)];
    case 'cancelled':
      return [note(`cancelled: ${line.state}`)];
    case 'pid':
    case 'observed':
    case 'note':
    case 'succeeded':
      return [];
    default:
      return unreachable(line);
  }
}

const argvLines = (argv: readonly string[]): readonly string[] => [
  ...(argv.at(-1) === '-'
    ? [note('Standard input was the object that had been checked; it is not kept.')]
    : []),
  quoteArgv(argv),
];

const PVESH_VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'set',
  DELETE: 'delete',
};

/** pvesh is the same API on a shell of a Proxmox host. */
function pveshLines({
  method,
  path,
  parameters,
}: Omit<PveOrder, 'method'> & { readonly method: string }): readonly string[] {
  const verb = PVESH_VERBS[method];
  if (verb === undefined || !path.startsWith('/')) return [note(`${method} ${path}`)];
  const options = Object.entries(parameters).flatMap(([name, value]) => [`--${name}`, value]);
  return [note('on a Proxmox host:'), quoteArgv(['pvesh', verb, path, ...options])];
}

const onTarget = (title: string, target: string | null): string =>
  target === null || title.includes(target) ? title : `${title} [${target}]`;

const script = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** One line, whatever the text came from: a line break would end the comment and begin a command. */
const note = (text: string): string => `# ${text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`;

const isoTime = (atMs: number): string => new Date(atMs).toISOString();
