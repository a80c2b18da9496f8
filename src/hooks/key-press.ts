import type { Key } from 'ink';

/** One key as the key table names it. */
export interface KeyPress {
  /** `j`, `G`, `?`, `space`, `enter`, `esc`, `up`, `shift+tab`, `ctrl+c`, … */
  readonly name: string;
  /** What a text field inserts; null for keys that print nothing. */
  readonly text: string | null;
  /** It came together with others in one read: fast typing over SSH, or a paste without brackets. */
  readonly isBurst: boolean;
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
  if (key.meta) return [press(`alt+${input}`)];
  const parts = Array.from(graphemes.segment(input), ({ segment }) => segment);
  return parts.map((part) => fromGrapheme(part, parts.length > 1));
}

const press = (name: string, isBurst = false): KeyPress => ({ name, text: null, isBurst });

function fromGrapheme(part: string, isBurst: boolean): KeyPress {
  switch (part) {
    case '\r':
    case '\n':
    case '\r\n':
      return press('enter', isBurst);
    case '\t':
      return press('tab', isBurst);
    case '\u007F':
    case '\b':
      return press('backspace', isBurst);
    case ' ':
      return { name: 'space', text: ' ', isBurst };
    default:
      return fromCharacter(part, isBurst);
  }
}

const CONTROL_TO_LETTER = 96;

function fromCharacter(part: string, isBurst: boolean): KeyPress {
  const code = part.codePointAt(0) ?? 0;
  if (code < 0x20)
    return press(`ctrl+${String.fromCodePoint(code + CONTROL_TO_LETTER)}`, isBurst);
  if (code >= 0x7f && code < 0xa0) return press('unknown', isBurst);
  return { name: part, text: part, isBurst };
}
