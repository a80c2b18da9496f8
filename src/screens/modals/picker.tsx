import { useState } from 'react';
import { Dialog } from '../../components/dialog.js';
import { cutLine, spread } from '../../components/layout.js';
import { type Line, line, span } from '../../components/text.js';
import { visibleTop } from '../../hooks/list-state.js';
import { fuzzyFilter } from '../../hooks/search.js';
import { useUi } from '../../hooks/ui.js';
import { useKeys } from '../../hooks/use-keys.js';
import type { ViewProps } from '../types.js';
import { dialogPlace, scrollNote } from './frame.js';

export interface PickerEntry {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  /** Shown at the right: the key that does the same. */
  readonly key: string;
  /** Why it cannot be chosen now; null when it can. */
  readonly reason: string | null;
  readonly run: () => void;
}

interface PickerProps extends ViewProps {
  readonly title: string;
  readonly entries: readonly PickerEntry[];
  readonly emptyText: string;
}

const WIDTH = 92;
const PROMPT_LINES = 2;
const MAX_ENTRIES = 18;

/** Type to narrow, Enter to choose. An entry that cannot be chosen stays, dim, with its reason. */
export function Picker({ title, entries, emptyText, width, height }: PickerProps) {
  const ui = useUi();
  const [query, setQuery] = useState('');
  const [wanted, setWanted] = useState(() => firstOpen(entries));
  const found = fuzzyFilter(entries, query, ({ label }) => label);
  const index = Math.min(wanted, Math.max(0, found.length - 1));
  const place = dialogPlace(
    { width, height },
    WIDTH,
    PROMPT_LINES + Math.min(Math.max(entries.length, 1), MAX_ENTRIES),
  );
  const room = place.innerHeight - PROMPT_LINES;
  const top = visibleTop(0, index, room, found.length);

  const narrow = (text: string) => {
    setQuery(text);
    setWanted(firstOpen(fuzzyFilter(entries, text, ({ label }) => label)));
  };
  const close = () => ui.modal.update(() => null);
  useKeys(
    'picker',
    {
      choose: () => choose(found[index], close, (reason) => ui.say('warn', reason)),
      close,
      down: () => setWanted(Math.min(index + 1, found.length - 1)),
      up: () => setWanted(Math.max(index - 1, 0)),
      first: () => setWanted(0),
      last: () => setWanted(Math.max(0, found.length - 1)),
      pageDown: () => setWanted(Math.max(0, Math.min(index + room, found.length - 1))),
      pageUp: () => setWanted(Math.max(index - room, 0)),
      erase: () => narrow(query.slice(0, -1)),
    },
    {
      onText: ({ text }) => narrow(query + (text ?? '')),
      onPaste: (text) => narrow(query + text.replace(/\s+/g, ' ')),
    },
  );

  const lines: readonly Line[] = [
    [span('› ', 'accent'), span(query), span('█', 'accent')],
    [],
    ...(found.length === 0
      ? [line(entries.length === 0 ? emptyText : `Nothing matches "${query}"`, 'muted')]
      : found
          .slice(top, top + room)
          .map((entry, at) => entryLine(entry, top + at === index, place.innerWidth))),
  ];
  return (
    <Dialog
      {...place}
      title={title}
      lines={lines}
      tone="accent"
      note={scrollNote(top, room, found.length)}
    />
  );
}

/** The cursor begins on what can be chosen. */
const firstOpen = (entries: readonly PickerEntry[]): number =>
  Math.max(
    0,
    entries.findIndex(({ reason }) => reason === null),
  );

function choose(
  entry: PickerEntry | undefined,
  close: () => void,
  explain: (reason: string) => void,
): void {
  if (entry === undefined) return;
  if (entry.reason !== null) {
    explain(entry.reason);
    return;
  }
  close();
  entry.run();
}

function entryLine(entry: PickerEntry, isSelected: boolean, width: number): Line {
  const { label, detail, key, reason } = entry;
  const marker = isSelected ? '› ' : '  ';
  const left: Line = [
    span(marker, 'accent'),
    span(label, reason !== null ? 'faint' : isSelected ? 'strong' : 'text'),
    span(
      reason === null ? `  ${detail}` : `  not now: ${reason}`,
      reason === null ? 'muted' : 'faint',
    ),
  ];
  return spread(cutLine(left, width - 4), [span(` ${key}`, 'accent')], width);
}
