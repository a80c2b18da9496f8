import { sanitise } from '../model/sanitise.js';
import { toAscii } from './ascii.js';
import { LEVEL_SYMBOL } from './levels.js';
import type { Line, Tone } from './text.js';
import type { Fill, Theme } from './theme.js';
import { textWidth, truncate } from './width.js';

/**
 * The one way to the terminal: a row of at most `width` columns as text with SGR codes. Whatever came from
 * outside loses its control sequences here, so no screen can forget it. With a fill the row is padded.
 */
export function paint(spans: Line, width: number, theme: Theme, fill?: Fill): string {
  const style = fill === undefined ? null : theme.fills[fill];
  const keepsTones = style?.keepsTones ?? true;
  let painted = '';
  let left = width;
  for (const { text, tone } of spans) {
    const cut = truncate(sanitise(text), left);
    if (cut === '') continue;
    left -= textWidth(cut);
    const shown = theme.isAscii ? toAscii(cut) : cut;
    painted += keepsTones || tone === 'strong' ? toned(shown, tone, theme) : shown;
    if (left <= 0) break;
  }
  if (style === null) return painted;
  const body = painted + ' '.repeat(Math.max(0, left));
  // A tone with a background of its own ends with "default background": the fill is opened again behind it.
  return style.open + body.replaceAll(';49m', `;49m${style.open}`) + style.close;
}

/** Calm: of what is well only the symbol is coloured, so that what is not stands out. */
function toned(text: string, tone: Tone, { tones }: Theme): string {
  const { open, close } = tones[tone];
  const symbolAt = tone === 'ok' ? text.search(OK_SYMBOL) : -1;
  if (symbolAt < 0) return open + text + close;
  return open + text.slice(0, symbolAt + 1) + close + text.slice(symbolAt + 1);
}

const OK_SYMBOL = new RegExp(`[${LEVEL_SYMBOL.ok}${toAscii(LEVEL_SYMBOL.ok)}]`);
