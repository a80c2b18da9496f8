import { Box } from 'ink';
import { paint } from './paint.js';
import { PaintedRow } from './rows.js';
import { type Line, plainText, span, type Tone } from './text.js';
import { useTheme } from './theme.js';
import { textWidth, truncate } from './width.js';

interface DialogProps {
  readonly title: string;
  /** Lines of at most `width - 4` columns. */
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly tone: Tone;
  /** Right end of the lower border: `12/40`. */
  readonly note: string;
}

/** A framed box over the screen. Its frame is part of its text: borders of Ink would cost a node per side. */
export function Dialog({ title, lines, width, height, left, top, tone, note }: DialogProps) {
  const theme = useTheme();
  const inner = width - 4;
  const body = Array.from({ length: height - 2 }, (_, index): Line => {
    const content = lines[index] ?? [];
    const missing = inner - textWidth(plainText(content));
    return [
      span('│ ', tone),
      ...clip(content, inner),
      span(' '.repeat(Math.max(0, missing))),
      span(' │', tone),
    ];
  });
  const rows: readonly Line[] = [
    topBorder(title, width, tone),
    ...body,
    bottomBorder(note, width, tone),
  ];

  return (
    <Box
      position="absolute"
      left={left}
      top={top}
      width={width}
      height={height}
      flexDirection="column"
    >
      {rows.map((row, index) => (
        <PaintedRow key={String(index)} text={paint(row, width, theme, 'dialog')} />
      ))}
    </Box>
  );
}

function clip(content: Line, width: number): Line {
  let left = width;
  return content.map(({ text, tone }) => {
    const shown = truncate(text, left);
    left -= textWidth(shown);
    return span(shown, tone);
  });
}

function topBorder(title: string, width: number, tone: Tone): Line {
  const shown = truncate(title, width - 6);
  const rest = Math.max(0, width - 5 - textWidth(shown));
  return [span('╭─ ', tone), span(shown, 'strong'), span(` ${'─'.repeat(rest)}╮`, tone)];
}

function bottomBorder(note: string, width: number, tone: Tone): Line {
  if (note === '') return [span(`╰${'─'.repeat(width - 2)}╯`, tone)];
  const rest = Math.max(0, width - 5 - textWidth(note));
  return [span(`╰${'─'.repeat(rest)} `, tone), span(note, 'muted'), span(' ─╯', tone)];
}
