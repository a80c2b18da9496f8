/**
 * Control strings first (OSC, DCS, SOS, PM, APC up to their end, or the end of the text), then CSI, then
 * two-character escapes: ECMA-48. 8-bit forms (C1) do the same in many terminals.
 */
const ESCAPES =
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[\s\S]*?(?:\u0007|\u001b\\|\u009c|$)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;

/**
 * C0 and C1 controls; characters that change the width of others or have none (variation selectors, zero-width,
 * joiners, soft hyphen, tags), because string-width and terminals disagree on them; and bidi controls, which let
 * a name pose as another one.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const SUSPECT = /[^\u0020-\u007e]/;

/**
 * One line that is safe to put on a terminal: no escape sequence, no control byte, tabs and line ends as one
 * space. Everything that comes from outside passes here before it is shown.
 */
export function sanitise(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(ESCAPES, '')
    .replace(/[\t\r\n\v\f\u0085\u2028\u2029]+/g, ' ')
    .replace(UNPRINTABLE, '')
    .toWellFormed();
}

/** Several lines, each safe; tabs become spaces up to the next multiple of eight, as a terminal would do. */
export function sanitiseLines(text: string): readonly string[] {
  return text
    .replace(ESCAPES, '')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => sanitise(expandTabs(line)));
}

const TAB_STOP = 8;

function expandTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let column = '';
  for (const part of line.split(/(\t)/)) {
    column += part === '\t' ? ' '.repeat(TAB_STOP - (column.length % TAB_STOP)) : part;
  }
  return column;
}
