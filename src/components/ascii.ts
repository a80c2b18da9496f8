import { splitGraphemes, textWidth } from './width.js';

/** Every symbol that we draw ourselves, with an ASCII stand-in of the same width. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['●', '+'],
  ['▲', '!'],
  ['✖', 'x'],
  ['◌', 'o'],
  ['⊘', '%'],
  ['–', '-'],
  ['…', '~'],
  ['›', '>'],
  ['‹', '<'],
  ['·', '.'],
  ['×', 'x'],
  ['→', '>'],
  ['←', '<'],
  ['↑', '^'],
  ['↓', 'v'],
  ['│', '|'],
  ['─', '-'],
  ['├', '+'],
  ['└', '+'],
  ['┌', '+'],
  ['┐', '+'],
  ['┘', '+'],
  ['╭', '+'],
  ['╮', '+'],
  ['╰', '+'],
  ['╯', '+'],
  ['░', '.'],
  ['▁', '_'],
  ['▂', '.'],
  ['▃', ':'],
  ['▄', '-'],
  ['▅', '='],
  ['▆', '+'],
  ['▇', '*'],
  ['█', '#'],
]);

const ASCII_ONLY = /^[ -~]*$/;

/** Only bytes 32–126 in the same number of columns: also for terminals without UTF-8. */
export function toAscii(text: string): string {
  if (ASCII_ONLY.test(text)) return text;
  return splitGraphemes(text)
    .map((grapheme) => {
      if (ASCII_ONLY.test(grapheme)) return grapheme;
      return STAND_INS.get(grapheme) ?? '?'.repeat(textWidth(grapheme));
    })
    .join('');
}
