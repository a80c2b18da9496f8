import { Box, Text } from 'ink';
import { memo } from 'react';
import { paint } from './paint.js';
import type { Line } from './text.js';
import { type Fill, useTheme } from './theme.js';

interface RowProps {
  readonly spans: Line;
  readonly width: number;
  readonly fill?: Fill;
}

/** One row of the screen: one Text, composed by a pure function (ink.md: the cheapest shape). */
export function Row({ spans, width, fill }: RowProps) {
  return <PaintedRow text={paint(spans, width, useTheme(), fill)} />;
}

/** Ink gives a Text without characters no height: a blank row needs one. */
export const PaintedRow = memo(function PaintedRow({ text }: { readonly text: string }) {
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});

interface RowsProps {
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly fill?: Fill;
}

/** A block of exactly `height` rows; what does not fit is cut. */
export function Rows({ lines, width, height, fill }: RowsProps) {
  const padding = fill === undefined ? 0 : Math.max(0, height - lines.length);
  const shown: readonly Line[] = [...lines.slice(0, height), ...Array<Line>(padding).fill([])];
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0} overflow="hidden">
      {shown.map((spans, index) => (
        <Row key={String(index)} spans={spans} width={width} {...(fill && { fill })} />
      ))}
    </Box>
  );
}
