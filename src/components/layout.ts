import { type Line, line, plainText, type Span, span, type Tone } from './text.js';
import { fitTo, textWidth, truncate, wrapText } from './width.js';

export const lineWidth = (spans: Line): number => textWidth(plainText(spans));

/** Cut to `width` columns, keeping tones. */
export function cutLine(spans: Line, width: number): Line {
  const kept: Span[] = [];
  let left = width;
  for (const { text, tone } of spans) {
    const shown = truncate(text, left);
    if (shown !== '') kept.push({ text: shown, tone });
    left -= textWidth(shown);
    // An ellipsis ends the line even when a column is free after a wide character.
    if (left <= 0 || shown !== text) break;
  }
  return kept;
}

/** Cut or padded to exactly `width` columns. */
export function fitLine(spans: Line, width: number): Line {
  const kept = cutLine(spans, width);
  const missing = width - lineWidth(kept);
  return missing > 0 ? [...kept, span(' '.repeat(missing))] : kept;
}

/** Left and right ends of one row; the left gives way. */
export function spread(left: Line, right: Line, width: number): Line {
  const rightWidth = lineWidth(right);
  if (rightWidth >= width) return cutLine(right, width);
  return [...fitLine(left, width - rightWidth), ...right];
}

/** Two blocks side by side; the longer one decides the height. */
export function beside(
  left: readonly Line[],
  right: readonly Line[],
  leftWidth: number,
  gap: number,
): readonly Line[] {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, index) => [
    ...fitLine(left[index] ?? [], leftWidth),
    span(' '.repeat(gap)),
    ...(right[index] ?? []),
  ]);
}

/** `── Title ─────────` */
export function rule(title: string, width: number): Line {
  if (title === '') return [span('─'.repeat(width), 'faint')];
  const rest = Math.max(0, width - textWidth(title) - 4);
  return [span('── ', 'faint'), span(title, 'accent'), span(` ${'─'.repeat(rest)}`, 'faint')];
}

/** `Label      value`, the value in its own tone. */
export const field = (label: string, value: Line, labelWidth = 12): Line => [
  span(`${fitTo(label, labelWidth)} `, 'muted'),
  ...value,
];

export const paragraph = (text: string, width: number, tone: Tone = 'text'): readonly Line[] =>
  wrapText(text, width).map((each) => line(each, tone));
