import { fitLine } from '../../components/layout.js';
import { LEVEL_TONE, levelText } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import type { CsrRule } from '../../model/csr-rules.js';
import { RULE_LEVEL } from '../subjects/csr.js';

const TWO_COLUMNS = 110;
const ORDER: Readonly<Record<CsrRule['state'], number>> = { fail: 0, unknown: 1, info: 2, pass: 3 };

/** What fails comes first; where there is no room for all, rules that hold share one line. */
export function ruleLines(
  rules: readonly CsrRule[],
  width: number,
  height: number,
): readonly Line[] {
  const worstFirst = rules.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
  if (worstFirst.length <= height) return worstFirst.map(ruleLine);
  if (width >= TWO_COLUMNS) return inTwoColumns(worstFirst.map(ruleLine), width);
  const passed = worstFirst.filter(({ state }) => state === 'pass');
  const others = worstFirst.filter(({ state }) => state !== 'pass');
  const holds: Line = [
    span(` ${levelText('ok', 'hold')}  `, 'ok'),
    span(passed.map(({ id }) => id).join(' '), 'muted'),
  ];
  return [...others.map(ruleLine), ...(passed.length > 0 ? [holds] : [])];
}

const ruleLine = ({ id, state, text }: CsrRule): Line => {
  const level = RULE_LEVEL[state];
  return [span(` ${levelText(level, fitTo(id, 4))}`, LEVEL_TONE[level]), span(text, toneOf(state))];
};

const toneOf = (state: CsrRule['state']) =>
  state === 'pass' || state === 'info' ? 'muted' : 'text';

function inTwoColumns(lines: readonly Line[], width: number): readonly Line[] {
  const half = Math.ceil(lines.length / 2);
  const columnWidth = Math.floor(width / 2);
  return lines
    .slice(0, half)
    .map((left, index) => [...fitLine(left, columnWidth), ...(lines[half + index] ?? [])]);
}
