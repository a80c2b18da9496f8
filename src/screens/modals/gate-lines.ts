import type { Gate } from '../../actions/types.js';
import { cutLine, lineWidth, paragraph, rule } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, type Span, span } from '../../components/text.js';
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

/** One line each where room is short and it fits: nothing has to be done about them. */
export function greenGateLines(
  gates: readonly Gate[],
  width: number,
  room: number,
): readonly Line[] {
  const green = inState(gates, 'green');
  if (green.length === 0) return [];
  const whole = green.flatMap((gate) => greenBlock(gate, width));
  return [
    rule('Gates that are green', width),
    ...(whole.length < room ? whole : green.flatMap((gate) => shortGreen(gate, width))),
  ];
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

/** Its evidence stands nowhere else: it is never cut off. */
function shortGreen(gate: Gate, width: number): readonly Line[] {
  const { title, text } = gate;
  const line = [
    levelSpan('ok', 'green'.padEnd(WORD_WIDTH)),
    span(title),
    span(`  ${text}`, 'muted'),
  ];
  return lineWidth(line) > width ? greenBlock(gate, width) : [line];
}

function greenBlock({ title, text }: Gate, width: number): readonly Line[] {
  return [
    ...headed(levelSpan('ok', 'green'.padEnd(WORD_WIDTH)), paragraph(title, width - INDENT)),
    ...paragraph(text, width - INDENT, 'muted').map(indented),
  ];
}

const indented = (spans: Line): Line => [span(' '.repeat(INDENT)), ...spans];

/** A title may need more than one line; what follows it is never cut off. */
const headed = (word: Span, lines: readonly Line[]): readonly Line[] =>
  lines.map((spans, index): Line => (index === 0 ? [word, ...spans] : indented(spans)));

function closedBlock(gate: Gate, look: GateLook): readonly Line[] {
  const { id, title, state, text, remedy, override } = gate;
  const { overridden, width } = look;
  const word = stateWord(state, look).padEnd(WORD_WIDTH);
  if (isAwaited(state, look)) {
    return [cutLine([levelSpan('wait', word), span(title), span(`  ${text}`, 'muted')], width)];
  }
  const how = overridden.has(id) ? 'overridden' : OVERRIDE_WORDS[override];
  const below = (content: string, tone: 'text' | 'accent'): readonly Line[] =>
    content === '' ? [] : paragraph(content, width - INDENT, tone).map(indented);
  const level = levelSpan(GATE_LEVEL[state], word);
  const name = span(title, 'strong');
  const tail: Line = [span(`${id}  `, 'muted'), span(how, override === 'no' ? 'fail' : 'warn')];
  const isLong = lineWidth([level, name, span('  '), ...tail]) > width;
  return [
    ...(isLong
      ? [...headed(level, paragraph(title, width - INDENT, 'strong')), indented(tail)]
      : [[level, name, span('  '), ...tail]]),
    ...below(text, 'text'),
    ...below(remedy, 'accent'),
  ];
}

const OVERRIDE_WORDS: Readonly<Record<Gate['override'], string>> = {
  no: 'blocks this action',
  type: 'typing the name overrides it',
  confirm: 'o overrides it',
};
