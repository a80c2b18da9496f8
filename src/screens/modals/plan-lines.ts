import { commandText } from '../../actions/command-text.js';
import type { ActionLevel, Plan } from '../../actions/types.js';
import { beside, paragraph, rule } from '../../components/layout.js';
import { type Line, span, type Tone } from '../../components/text.js';
import { formatEstimate } from '../../model/format.js';
import { closedGateLines, type GateLook, greenGateLines } from './gate-lines.js';
import { planStepLines } from './plan-steps.js';

export const LEVEL_WORDS: Readonly<
  Record<ActionLevel, { readonly text: string; readonly tone: Tone }>
> = {
  0: { text: 'reads only', tone: 'ok' },
  1: { text: 'a small change', tone: 'ok' },
  2: { text: 'disrupts one node', tone: 'warn' },
  3: { text: 'disrupts the cluster', tone: 'fail' },
  4: { text: 'cannot be undone', tone: 'fail' },
};

/** From here what it means and what it does stand side by side. */
const TWO_COLUMNS = 106;
const GAP = 2;

/**
 * What the operator agrees to: the same object that the run process rebuilds and compares. What is well comes last.
 */
export function planLines(plan: Plan, look: GateLook): readonly Line[] {
  const { width } = look;
  if (width < TWO_COLUMNS) {
    return [
      ...aboutLines(plan, look),
      ...planStepLines(plan.steps, width),
      ...greenGateLines(plan.gates, width, 0),
    ];
  }
  const leftWidth = Math.floor((width - GAP) * 0.45);
  const about = aboutLines(plan, { ...look, width: leftWidth });
  const steps = planStepLines(plan.steps, width - GAP - leftWidth);
  const room = steps.length - about.length;
  return beside([...about, ...greenGateLines(plan.gates, leftWidth, room)], steps, leftWidth, GAP);
}

function aboutLines(plan: Plan, look: GateLook): readonly Line[] {
  const { width } = look;
  const { text, tone } = LEVEL_WORDS[plan.level];
  return [
    ...paragraph(plan.summary, width, 'strong'),
    [
      span(`level ${plan.level}: `, 'muted'),
      span(text, tone),
      span(` · about ${formatEstimate(plan.expectedMs)}`, 'muted'),
    ],
    ...plan.lines.flatMap((each) => hanging(each, width)),
    ...closedGateLines(plan.gates, look),
    rule('What it means', width),
    ...factLines(plan, width),
  ];
}

const hanging = (text: string, width: number): readonly Line[] =>
  paragraph(text, width - 2).map((spans): Line => [span('  '), ...spans]);

const LABEL_WIDTH = 15;

function factLines(plan: Plan, width: number): readonly Line[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Downtime', plan.downtime],
    ['Console dies', plan.ifConsoleDies],
    ['Undo', plan.undo],
  ];
  return facts
    .filter(([, text]) => text !== '')
    .flatMap(([label, text]) =>
      paragraph(text, width - LABEL_WIDTH).map(
        (spans, index): Line => [
          span((index === 0 ? label : '').padEnd(LABEL_WIDTH), 'muted'),
          ...spans,
        ],
      ),
    );
}

export const copyable = ({ steps }: Plan): string =>
  steps.map(({ command }) => commandText(command)).join('\n');
