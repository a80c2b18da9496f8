import type { Gate } from '../../actions/types.js';
import { cutLine, lineWidth, paragraph, rule } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import type { Level } from '../../model/machine.js';

export interface GateLook {
  readonly overridden: ReadonlySet<string>;
  readonly width: number;
  /** What is unknown now may be known in a moment. */
  readonly isReading: boolean;
}

/** How many there are of each kind; then red, then unknown, each with evidence and remedy. */
export function closedGateLines(gates: readonly Gate[], look: GateLook): readonly Line[] {
  if (gates.length === 0) return [];
  const counts = STATES.map((state) => ({ state, count: inState(gates, state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${stateWord(state, look)}`);
  return [
    rule(`Gates: ${counts.join(', ')}`, look.width),
    ...[...inState(gates, 'red'), ...inState(gates, 'unknown')].flatMap((gate) =>
      closedBlock(gate, look),
    ),
  ];
}

/** One line each: nothing has to be done about them. */
export function greenGateLines(gates: readonly Gate[], width: number): readonly Line[] {
  const green = inState(gates, 'green');
  return green.length === 0
    ? []
    : [rule('Gates that are green', width), ...green.map((gate) => greenLine(gate, width))];
}

const inState = (gates: readonly Gate[], state: Gate['state']): readonly Gate[] =>
  gates.filter((gate) => gate.state === state);

const STATES: readonly Gate['state'][] = ['red', 'unknown', 'green'];

const GATE_LEVEL: Readonly<Record<Gate['state'], Level>> = {
  green: 'ok',
  red: 'fail',
  unknown: 'unknown',
};

const isAwaited = (state: Gate['state'], { isReading }: Pick<GateLook, 'isReading'>): boolean =>
  isReading && state === 'unknown';

const stateWord = (state: Gate['state'], look: Pick<GateLook, 'isReading'>): string =>
  isAwaited(state, look) ? 'reading' : state;

const WORD_WIDTH = 8;
const INDENT = WORD_WIDTH + 2;

const greenLine = ({ title, text }: Gate, width: number): Line =>
  cutLine(
    [levelSpan('ok', 'green'.padEnd(WORD_WIDTH)), span(title), span(`  ${text}`, 'muted')],
    width,
  );

function closedBlock(gate: Gate, look: GateLook): readonly Line[] {
  const { id, title, state, text, remedy, override } = gate;
  const { overridden, width } = look;
  const word = stateWord(state, look).padEnd(WORD_WIDTH);
  if (isAwaited(state, look)) {
    return [cutLine([levelSpan('wait', word), span(title), span(`  ${text}`, 'muted')], width)];
  }
  const how = overridden.has(id) ? 'overridden' : OVERRIDE_WORDS[override];
  const below = (content: string, tone: 'text' | 'accent'): readonly Line[] =>
    content === ''
      ? []
      : paragraph(content, width - INDENT, tone).map(
          (spans): Line => [span(' '.repeat(INDENT)), ...spans],
        );
  const head: Line = [
    levelSpan(GATE_LEVEL[state], word),
    span(title, 'strong'),
    span(`  ${id}`, 'muted'),
  ];
  const tail = span(how, override === 'no' ? 'fail' : 'warn');
  const isLong = lineWidth([...head, span('  '), tail]) > width;
  return [
    ...(isLong ? [head, [span(' '.repeat(INDENT)), tail]] : [[...head, span('  '), tail]]),
    ...below(text, 'text'),
    ...below(remedy, 'accent'),
  ];
}

const OVERRIDE_WORDS: Readonly<Record<Gate['override'], string>> = {
  no: 'blocks this action',
  type: 'typing the name overrides it',
  confirm: 'o overrides it',
};
