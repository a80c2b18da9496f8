import type { Key } from 'ink';

/** One key as the key table names it. */
export interface KeyPress {
  /** `j`, `G`, `?`, `space`, `enter`, `esc`, `up`, `shift+tab`, `ctrl+c`, … */
  readonly name: string;
  /** What a text field inserts; null for keys that print nothing. */
  readonly text: string | null;
  /** How many came in the same read: fast typing over SSH, or a paste without brackets. */
  readonly burst: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const NAMED: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/**
 * Ink gives everything that arrives in one read as one event: `jj` is one input "jj", `abc` and Enter are
 * "abc\r" (ink.md §1). Over SSH and tmux that happens all the time, so it is taken apart here.
 */
export function readKeyPresses(input: string, key: Key): readonly KeyPress[] {
  if (key.tab) return [press(key.shift ? 'shift+tab' : 'tab')];
  const named = NAMED.find(([flag]) => key[flag] === true);
  if (named !== undefined) return [press(named[1])];
  if (key.ctrl) return [press(`ctrl+${input}`)];
  // No key of ours is Alt with something: escape and the next key came in one read.
  if (key.meta) return [press('esc'), ...readKeyPresses(input, { ...key, meta: false })];
  const parts = Array.from(graphemes.segment(input), ({ segment }) => segment);
  return parts.map((part) => fromGrapheme(part, parts.length));
}

const press = (name: string, burst = 1): KeyPress => ({ name, text: null, burst });

function fromGrapheme(part: string, burst: number): KeyPress {
  switch (part) {
    case '\r':
    case '\n':
    case '\r\n':
      return press('enter', burst);
    case '\t':
      return press('tab', burst);
    case '\u007F':
    case '\b':
      return press('backspace', burst);
    case ' ':
      return { name: 'space', text: ' ', burst };
    default:
      return fromCharacter(part, burst);
  }
}

const CONTROL_TO_LETTER = 96;

function fromCharacter(part: string, burst: number): KeyPress {
  const code = part.codePointAt(0) ?? 0;
  if (code < 0x20) return press(`ctrl+${String.fromCodePoint(code + CONTROL_TO_LETTER)}`, burst);
  if (code >= 0x7f && code < 0xa0) return press('unknown', burst);
  return { name: part, text: part, burst };
}
