/** A text field: the text as user-perceived characters, and where the next one goes. */
export interface TextEdit {
  readonly characters: readonly string[];
  readonly cursor: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const split = (text: string): readonly string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment);

export const editOf = (text: string): TextEdit => {
  const characters = split(text);
  return { characters, cursor: characters.length };
};

export const textOf = ({ characters }: TextEdit): string => characters.join('');

/** Line ends of a paste are dropped: a field is one line. */
export function insert({ characters, cursor }: TextEdit, text: string): TextEdit {
  const added = split(text.replace(/[\r\n\t]+/g, ' ').trimEnd() || text.replace(/[\r\n\t]/g, ''));
  return { characters: characters.toSpliced(cursor, 0, ...added), cursor: cursor + added.length };
}

export const eraseBefore = ({ characters, cursor }: TextEdit): TextEdit =>
  cursor === 0
    ? { characters, cursor }
    : { characters: characters.toSpliced(cursor - 1, 1), cursor: cursor - 1 };

export const eraseUnder = ({ characters, cursor }: TextEdit): TextEdit => ({
  characters: characters.toSpliced(cursor, 1),
  cursor,
});

export const moveCursor = ({ characters, cursor }: TextEdit, step: number): TextEdit => ({
  characters,
  cursor: Math.min(Math.max(cursor + step, 0), characters.length),
});

export const cursorToStart = ({ characters }: TextEdit): TextEdit => ({ characters, cursor: 0 });

export const cursorToEnd = ({ characters }: TextEdit): TextEdit => ({
  characters,
  cursor: characters.length,
});
