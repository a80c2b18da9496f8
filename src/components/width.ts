import stringWidth from 'string-width';
import { sanitise } from '../model/sanitise.js';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Printable ASCII, and the symbols we draw with ourselves: one column per UTF-16 unit, no segmenter needed. */
const NARROW = /^[ -~●▲✖◌⊘…›‹·–→←↑↓░│─├└┌┐┘╭╮╰╯▁▂▃▄▅▆▇█]*$/;

/** Columns the text takes in a terminal. */
export const textWidth = (text: string): number =>
  NARROW.test(text) ? text.length : stringWidth(text);

/** At most `width` columns; what was cut is marked with an ellipsis. */
export function truncate(text: string, width: number): string {
  if (width <= 0) return '';
  if (NARROW.test(text)) {
    return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  }
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = used + stringWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    used = next;
  }
  return `${kept}…`;
}

/** Exactly `width` columns: cut or padded. Made safe first: what is removed later would shift the columns. */
export function fitTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(sanitise(text), width);
  const padding = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'left' ? cut + padding : padding + cut;
}

/** User-perceived characters: what a text cursor steps over. */
export const splitGraphemes = (text: string): readonly string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment);

/** Breaks at spaces into lines of at most `width` columns; longer words are cut hard. */
export function wrapText(text: string, width: number): readonly string[] {
  if (width <= 0) return [];
  const lines: string[] = [];
  let current = '';
  const flush = () => {
    if (current !== '') lines.push(current);
    current = '';
  };
  for (const word of sanitise(text).split(' ')) {
    const joined = current === '' ? word : `${current} ${word}`;
    if (textWidth(joined) <= width) {
      current = joined;
      continue;
    }
    flush();
    const pieces = hardSplit(word, width);
    lines.push(...pieces.slice(0, -1));
    current = pieces.at(-1) ?? '';
  }
  flush();
  return lines.length === 0 ? [''] : lines;
}

function hardSplit(word: string, width: number): readonly string[] {
  if (textWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const grapheme of splitGraphemes(word)) {
    if (textWidth(piece + grapheme) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += grapheme;
  }
  return [...pieces, piece];
}
