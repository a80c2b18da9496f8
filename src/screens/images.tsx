import { Box } from 'ink';
import { type Column, searchTextOf } from '../components/columns.js';
import { rule } from '../components/layout.js';
import { LEVEL_TONE, levelText } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { type Line, line, span } from '../components/text.js';
import { type ImageRow, type ImageSummary, imagesView } from '../hooks/image-rows.js';
import type { Subject } from '../hooks/modal.js';
import { open } from '../hooks/place.js';
import { useUi } from '../hooks/ui.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { readingLines } from './parts/reading-lines.js';
import { useMachineSubject } from './subjects/use-machine-subject.js';
import type { Screen, ViewProps } from './types.js';

export const imagesScreen: Screen = {
  id: 'images',
  key: '4',
  title: 'Extensions & images',
  tab: 'Images',
  View: ImagesView,
  scopes: ['list', 'filter', 'filtered', 'subject'],
};

/** Enough to tell schematics apart; the whole id is in describe and copy. */
const SHORT_ID = 12;

const COLUMNS: readonly Column<ImageRow>[] = [
  {
    key: 'node',
    title: 'NODE',
    width: { min: 10, max: 28 },
    priority: 0,
    format: ({ node }) => node,
    tone: () => 'strong',
    sortValue: ({ node }) => node,
  },
  {
    key: 'version',
    title: 'TALOS',
    width: { min: 8, max: 16 },
    priority: 1,
    format: ({ version }) => version ?? '–',
    sortValue: ({ version }) => version,
  },
  {
    key: 'schematic',
    title: 'SCHEMATIC',
    width: SHORT_ID,
    priority: 2,
    format: ({ schematic }) => schematic?.slice(0, SHORT_ID) ?? '–',
    tone: () => 'muted',
    sortValue: ({ schematic }) => schematic,
  },
  {
    key: 'drift',
    title: 'COMPARED',
    width: { min: 22, max: 60 },
    priority: 0,
    format: ({ level, text }) => levelText(level, text),
    tone: ({ level }) => LEVEL_TONE[level],
    sortValue: ({ level }) => level,
  },
  {
    key: 'extensions',
    title: 'EXTENSIONS',
    width: { min: 20, max: 160 },
    isFlexible: true,
    priority: 3,
    format: ({ extensions }) => extensions.map(({ name }) => name).join(', ') || '–',
    tone: () => 'muted',
    sortValue: ({ extensions }) => extensions.length,
  },
];

const rowKey = ({ machineKey }: ImageRow): string => machineKey;
const searchText = searchTextOf(COLUMNS);
const sorts = sortsOf(COLUMNS);

function ImagesView({ width, height }: ViewProps) {
  const ui = useUi();
  const report = useSnapshot(imagesView);
  const members = useReading(({ talosMembers }) => talosMembers);
  const minuteMs = useNowMs(60_000);
  const notice =
    report.rows.length > 0 ? [] : readingLines(members, 'the list of Talos nodes', minuteMs, width);
  const tableHeight = Math.max(4, Math.min(report.rows.length + 2, height - 7));
  const view = useList({
    id: 'images',
    rows: report.rows,
    rowKey,
    searchText,
    sorts,
    height: tableHeight - 1,
    isFocused: true,
    canMark: false,
    open: ({ machineKey }) => ui.place.update((place) => open(place, { kind: 'node', machineKey })),
  });
  const { selected } = view;
  const subjectOf = useMachineSubject();
  useSubjectKeys(selected && (() => imageSubject(selected, subjectOf(selected.machineKey))));

  return (
    <Box flexDirection="column" width={width} height={height}>
      <ListTable
        view={view}
        columns={COLUMNS}
        rowKey={rowKey}
        width={width}
        height={tableHeight}
        isFocused
        emptyText="No node has told its image yet"
      />
      <Rows
        lines={[...notice, ...mostLines(report, width), ...selectedLines(selected, width)]}
        width={width}
        height={height - tableHeight}
      />
    </Box>
  );
}

/** The machine, but what is copied is what this screen is about. */
const imageSubject = ({ schematic }: ImageRow, machine: Subject | null): Subject | null =>
  machine && { ...machine, copyText: schematic ?? machine.copyText };

function mostLines({ schematic, extensions }: ImageSummary, width: number): readonly Line[] {
  const list = extensions.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [
    rule('Most nodes run', width),
    [span(' Schematic   ', 'muted'), span(schematic ?? 'none')],
    [span(' Extensions  ', 'muted'), span(list || 'none')],
  ];
}

function selectedLines(selected: ImageRow | null, width: number): readonly Line[] {
  if (selected === null) return [];
  const { node, extensions, missing, schematic, level, text } = selected;
  return [
    rule(node, width),
    [span(' Schematic   ', 'muted'), span(schematic ?? 'none')],
    [span(' Compared    ', 'muted'), span(levelText(level, text), LEVEL_TONE[level])],
    ...extensions.map(
      ({ name, version }): Line => [
        span(`   ${levelText('ok', name)}`, 'ok'),
        span(`  ${version}`, 'muted'),
      ],
    ),
    ...missing.map((name) => line(`   ${levelText('warn', name)}  missing`, 'warn')),
  ];
}
