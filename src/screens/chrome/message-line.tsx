import { spread } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { Row } from '../../components/rows.js';
import { type Line, line, span } from '../../components/text.js';
import type { ListStatus, Message } from '../../hooks/ui.js';
import { useUi } from '../../hooks/ui.js';
import { useStore } from '../../hooks/use-store.js';

/** Results and reasons; without any, the filter being typed and how much of the list is shown. */
export function MessageLine({ width }: { readonly width: number }) {
  const ui = useUi();
  const message = useStore(ui.message);
  const status = useStore(ui.listStatus);
  const left = message === null ? filterLine(status) : messageLine(message);
  return <Row spans={spread(left, countLine(status), width)} width={width} />;
}

const messageLine = ({ level, text }: Message): Line =>
  level === 'none' ? line(` ${text}`, 'muted') : [span(' '), levelSpan(level, text)];

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
