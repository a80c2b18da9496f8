import { Box } from 'ink';
import { spread } from '../../components/layout.js';
import { LEVEL_TONE, levelText } from '../../components/levels.js';
import { Row } from '../../components/rows.js';
import { type Line, line, span } from '../../components/text.js';
import { wrapText } from '../../components/width.js';
import type { ListStatus, Message } from '../../hooks/ui.js';
import { useUi } from '../../hooks/ui.js';
import { useStore } from '../../hooks/use-store.js';
import type { ViewProps } from '../types.js';

/** The filter being typed, and how much of the list is shown. */
export function StatusLine({ width }: { readonly width: number }) {
  const status = useStore(useUi().listStatus);
  return <Row spans={spread(filterLine(status), countLine(status), width)} width={width} />;
}

const MAX_MESSAGE_LINES = 4;

/** Results and reasons, above the footer until the next key; a long reason takes the rows it needs. */
export function MessageBox({ width, height }: ViewProps) {
  const message = useStore(useUi().message);
  if (message === null) return null;
  const lines = messageLines(message, width).slice(0, MAX_MESSAGE_LINES);
  return (
    <Box
      position="absolute"
      left={0}
      top={height - 1 - lines.length}
      width={width}
      height={lines.length}
      flexDirection="column"
    >
      {lines.map((spans, index) => (
        <Row key={String(index)} spans={spans} width={width} fill="dialog" />
      ))}
    </Box>
  );
}

function messageLines({ level, text }: Message, width: number): readonly Line[] {
  return wrapText(text, width - 5).map((each, index) => [
    span(index === 0 && level !== 'none' ? ` ${levelText(level, '')} ` : '   ', LEVEL_TONE[level]),
    span(each, level === 'none' ? 'muted' : LEVEL_TONE[level]),
  ]);
}

function filterLine(status: ListStatus | null): Line {
  if (status === null || (status.filter === '' && !status.isFiltering)) return [];
  return [
    span(' /', 'accent'),
    span(status.filter),
    ...(status.isFiltering ? [span('█', 'accent')] : [span('  Esc clears', 'muted')]),
  ];
}

function countLine(status: ListStatus | null): Line {
  if (status === null) return [];
  const { shown, total, marked, position, isWhole } = status;
  const parts = [
    ...(marked > 0 ? [`${marked} marked`] : []),
    ...(shown === total
      ? isWhole
        ? []
        : [`${position} of ${total}`]
      : [`${shown} of ${total} shown`]),
  ];
  return parts.length === 0 ? [] : line(`${parts.join(' · ')} `, 'muted');
}
