import { commandText } from '../../actions/command-text.js';
import { isToldDisruptive } from '../../actions/disruption.js';
import type { PlannedStep, Step } from '../../actions/types.js';
import { lineWidth, paragraph, rule, spread } from '../../components/layout.js';
import { type Line, span } from '../../components/text.js';
import { formatCount, formatDuration, formatEstimate } from '../../model/format.js';
import { quoteArgv } from '../../model/shell-words.js';

/** Every step with its exact command, those of one node below its name. */
export function planStepLines(steps: readonly Step[], width: number): readonly Line[] {
  const prefixes = commonPrefixes(steps);
  const hasGroups = steps.some(({ group }) => group !== undefined);
  return [
    rule(`${formatCount(steps.length, 'step')}, commands exactly`, width),
    ...prefixes.flatMap(({ short, words }) =>
      paragraph(`${short} is ${quoteArgv(words)}`, width - 2, 'muted').map(indent),
    ),
    ...steps.flatMap((step, index) => [
      ...(hasGroups && step.group !== steps[index - 1]?.group ? [groupLine(steps, index)] : []),
      ...stepLines(step, { number: index + 1, width, prefixes }),
    ]),
  ];
}

const indent = (spans: Line): Line => [span('  '), ...spans];

/** The name of a node, how many steps follow for it and how long they take. */
function groupLine(steps: readonly Step[], from: number): Line {
  const group = steps[from]?.group;
  const rest = steps.slice(from);
  const end = rest.findIndex((step) => step.group !== group);
  const own = end < 0 ? rest : rest.slice(0, end);
  const ms = own.reduce((sum, { expectedMs }) => sum + expectedMs, 0);
  return [
    span(group ?? 'cluster', 'accent'),
    span(`  ${formatCount(own.length, 'step')}, about ${formatEstimate(ms)}`, 'muted'),
  ];
}

interface StepLook {
  readonly number: number;
  readonly width: number;
  readonly prefixes: readonly Prefix[];
}

const NUMBER_WIDTH = 3;

function stepLines(step: Step, { number, width, prefixes }: StepLook): readonly Line[] {
  const { command, title, target, group, expectedMs } = step;
  const isNamed = target === null || target === group || title.includes(target);
  const left: Line = [
    span(`${String(number).padStart(NUMBER_WIDTH)} `, 'muted'),
    span(title),
    ...(isNamed ? [] : [span(` on ${target}`, 'muted')]),
    ...(isToldDisruptive(step) ? [span('  disruptive', 'warn')] : []),
  ];
  const text = shortened(command, prefixes);
  const time = span(`  ${formatDuration(expectedMs)}`, 'muted');
  const [first = [], ...rest] = titleLines(left, title, width - lineWidth([time]));
  return [
    spread(first, [time], width),
    ...rest,
    ...paragraph(text, width - NUMBER_WIDTH - 3, 'muted').map(
      (spans): Line => [span(' '.repeat(NUMBER_WIDTH + 3)), ...spans],
    ),
  ];
}

/** A long title goes on below itself; what it does to which node must not be cut off. */
function titleLines(left: Line, title: string, width: number): readonly Line[] {
  if (lineWidth(left) <= width) return [left];
  const [number, , ...marks] = left;
  const lines = paragraph(title, width - NUMBER_WIDTH - 1).map(
    (spans, index): Line => [
      index === 0 && number !== undefined ? number : span(' '.repeat(NUMBER_WIDTH + 1)),
      ...spans,
    ],
  );
  return [...lines.slice(0, -1), [...(lines.at(-1) ?? []), ...marks]];
}

/** The beginning that several commands of one program share: said once, it leaves room for what differs. */
interface Prefix {
  readonly words: readonly string[];
  /** `talosctl …` */
  readonly short: string;
}

const LEAST_WORDS = 3;

function commonPrefixes(steps: readonly PlannedStep[]): readonly Prefix[] {
  const argvs = steps.flatMap(({ command }) => (command.kind === 'argv' ? [command.argv] : []));
  const programs = [...new Set(argvs.map(([program]) => program))];
  return programs.flatMap((program): readonly Prefix[] => {
    const own = argvs.filter(([name]) => name === program);
    const words = withoutOpenFlag(own.reduce<readonly string[]>(shared, own[0] ?? []));
    if (own.length < 2 || words.length < LEAST_WORDS) return [];
    return [{ words, short: `${program.split('/').at(-1)} …` }];
  });
}

/** A flag whose value differs belongs to what is shown of each command. */
const withoutOpenFlag = (words: readonly string[]): readonly string[] =>
  /^--[^=]+$/.test(words.at(-1) ?? '') ? words.slice(0, -1) : words;

function shared(a: readonly string[], b: readonly string[]): readonly string[] {
  const end = a.findIndex((word, index) => word !== b[index]);
  return end < 0 ? a : a.slice(0, end);
}

function shortened(command: PlannedStep['command'], prefixes: readonly Prefix[]): string {
  if (command.kind !== 'argv') return commandText(command);
  const [program] = command.argv;
  const prefix = prefixes.find(({ words }) => words[0] === program);
  if (prefix === undefined) return commandText(command);
  return `${prefix.short} ${quoteArgv(command.argv.slice(prefix.words.length))}`.trimEnd();
}
