import type { ActionLevel, Gate, Plan, PlannedStep } from '../../actions/types.js';
import { paragraph, rule } from '../../components/layout.js';
import { LEVEL_TONE, levelSpan, levelText } from '../../components/levels.js';
import { type Line, span, type Tone } from '../../components/text.js';
import { formatDuration } from '../../model/format.js';
import type { Level } from '../../model/machine.js';
import { unreachable } from '../../model/unreachable.js';

export const LEVEL_WORDS: Readonly<
  Record<ActionLevel, { readonly text: string; readonly tone: Tone }>
> = {
  0: { text: 'reads only', tone: 'ok' },
  1: { text: 'a small change', tone: 'ok' },
  2: { text: 'disrupts one node', tone: 'warn' },
  3: { text: 'disrupts the cluster', tone: 'fail' },
  4: { text: 'cannot be undone', tone: 'fail' },
};

const GATE_LEVEL: Readonly<Record<Gate['state'], Level>> = {
  green: 'ok',
  red: 'fail',
  unknown: 'unknown',
};

export interface PlanLook {
  readonly overridden: ReadonlySet<string>;
  readonly width: number;
  /** Little room: gates that are green share one paragraph. */
  readonly isShort: boolean;
}

/** What the operator agrees to: the same object that the run process rebuilds and compares. */
export function planLines(plan: Plan, { overridden, width, isShort }: PlanLook): readonly Line[] {
  const { text, tone } = LEVEL_WORDS[plan.level];
  return [
    ...paragraph(plan.summary, width, 'strong'),
    [span(`level ${plan.level}: `, 'muted'), span(text, tone)],
    ...(isShort ? [] : [[]]),
    ...plan.lines.flatMap((each) => hanging(each, width)),
    ...gateLines(plan.gates, { overridden, width, isShort }),
    rule('What it means', width),
    ...factLines(plan, width),
    rule('Commands, exactly', width),
    ...plan.steps.flatMap((step) => stepLines(step, width)),
  ];
}

const hanging = (text: string, width: number): readonly Line[] =>
  paragraph(text, width - 2).map((spans): Line => [span('  '), ...spans]);

function gateLines(gates: readonly Gate[], look: PlanLook): readonly Line[] {
  const { overridden, width, isShort } = look;
  if (gates.length === 0) return [];
  const green = gates.filter(({ state }) => state === 'green');
  if (isShort && green.length > 1) {
    const bad = gates.filter(({ state }) => state !== 'green');
    const titles = green.map(({ title }) => title).join(' · ');
    return [
      rule('Gates', width),
      ...bad.flatMap((gate) => gateBlock(gate, overridden, width)),
      ...paragraph(`${levelText('ok', '')} ${titles}`, width, 'ok'),
    ];
  }
  const worstFirst = gates.toSorted(
    (a, b) => Number(a.state === 'green') - Number(b.state === 'green'),
  );
  return [
    rule('Gates', width),
    ...worstFirst.flatMap((gate) => gateBlock(gate, overridden, width)),
  ];
}

function gateBlock(gate: Gate, overridden: ReadonlySet<string>, width: number): readonly Line[] {
  const level = GATE_LEVEL[gate.state];
  const head: Line = [levelSpan(level, gate.title), span(`  ${gate.text}`, 'muted')];
  if (gate.state === 'green') return [head];
  const how = overridden.has(gate.id) ? 'overridden' : OVERRIDE_WORDS[gate.override];
  return [
    [levelSpan(level, gate.title), span(`  ${how}`, gate.override === 'no' ? 'fail' : 'warn')],
    ...hanging(gate.text, width),
    ...paragraph(gate.remedy, width - 2, 'accent').map((spans): Line => [span('  '), ...spans]),
  ];
}

const OVERRIDE_WORDS: Readonly<Record<Gate['override'], string>> = {
  no: 'blocks this action',
  type: 'needs the name typed',
  confirm: 'o overrides it',
};

function stepLines(
  { command, title, isDisruptive, target }: PlannedStep,
  width: number,
): readonly Line[] {
  const text = commandText(command);
  return [
    [
      span(`  ${title}`, 'muted'),
      ...(target === null || title.includes(target) ? [] : [span(` on ${target}`, 'muted')]),
      ...(isDisruptive ? [span('  disruptive', LEVEL_TONE.warn)] : []),
    ],
    ...paragraph(text, width - 4).map((spans): Line => [span('    '), ...spans]),
  ];
}

/** As it would be typed; an API call by method and path. */
export function commandText(command: PlannedStep['command']): string {
  switch (command.kind) {
    case 'argv':
      return command.argv.map(quoted).join(' ');
    case 'api':
      return `${command.method} ${command.path}`;
    case 'local':
      return command.text;
    default:
      return unreachable(command);
  }
}

const quoted = (part: string): string =>
  /^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`;

function factLines(plan: Plan, width: number): readonly Line[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Takes', `about ${formatDuration(plan.expectedMs)}`],
    ['Downtime', plan.downtime],
    ['If the console dies', plan.ifConsoleDies],
    ['Undo', plan.undo],
  ];
  return facts
    .filter(([, text]) => text !== '')
    .flatMap(([label, text]) =>
      paragraph(text, width - 22).map(
        (spans, index): Line => [
          span(`${(index === 0 ? label : '').padEnd(20)}  `, 'muted'),
          ...spans,
        ],
      ),
    );
}

export const copyable = ({ steps }: Plan): string =>
  steps.map(({ command }) => commandText(command)).join('\n');
