import { Box } from 'ink';
import { type Column, searchTextOf } from '../components/columns.js';
import { rule } from '../components/layout.js';
import { LEVEL_TONE, levelSpan, levelText } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { type Line, line, span } from '../components/text.js';
import { type LinkRow, type NetworkView, networkView } from '../hooks/link-rows.js';
import { open } from '../hooks/place.js';
import { useUi } from '../hooks/ui.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import type { Level } from '../model/machine.js';
import type { ClusterIdentity } from '../model/snapshot.js';
import type { VipState } from '../model/vip.js';
import { addressesText } from './parts/addresses-text.js';
import { linkLevel } from './parts/level-of.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { readingLines } from './parts/reading-lines.js';
import { useMachineSubject } from './subjects/use-machine-subject.js';
import type { Screen, ViewProps } from './types.js';

export const networkScreen: Screen = {
  id: 'network',
  key: '3',
  title: 'VIP & network',
  tab: 'Network',
  View: NetworkScreenView,
  scopes: ['list', 'filter', 'filtered', 'subject'],
};

const levelOf = ({ link, isCurrent }: LinkRow): Level =>
  isCurrent ? linkLevel(link.operationalState) : 'unknown';

const COLUMNS: readonly Column<LinkRow>[] = [
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
    key: 'link',
    title: 'LINK',
    width: { min: 6, max: 15 },
    priority: 0,
    format: ({ link }) => link.name,
    sortValue: ({ link }) => link.name,
  },
  {
    key: 'state',
    title: 'STATE',
    width: 9,
    priority: 0,
    format: (row) => levelText(levelOf(row), row.link.operationalState),
    tone: (row) => LEVEL_TONE[levelOf(row)],
    sortValue: ({ link }) => link.operationalState,
  },
  {
    key: 'vip',
    title: 'VIP',
    width: 9,
    priority: 1,
    format: ({ holds, vips }) =>
      holds.length > 0 ? '● holder' : vips.length > 0 ? 'standby' : '–',
    tone: ({ holds }) => (holds.length > 0 ? 'accent' : 'muted'),
    sortValue: ({ holds, vips }) => holds.length * 2 + vips.length,
  },
  {
    key: 'addresses',
    title: 'ADDRESSES',
    width: { min: 18, max: 90 },
    isFlexible: true,
    priority: 0,
    format: ({ addresses }) => addressesText(addresses) || '–',
    sortValue: ({ addresses }) => addresses[0]?.address ?? null,
  },
  {
    key: 'mac',
    title: 'MAC',
    width: 17,
    priority: 5,
    format: ({ link }) => link.hardwareAddress ?? '–',
    tone: () => 'muted',
    sortValue: ({ link }) => link.hardwareAddress,
  },
  {
    key: 'kind',
    title: 'KIND',
    width: { min: 8, max: 10 },
    priority: 6,
    format: ({ link }) => link.kind || (link.isPhysical ? 'physical' : '–'),
    tone: () => 'muted',
    sortValue: ({ link }) => link.kind,
  },
];

const rowKey = ({ key }: LinkRow): string => key;
const searchText = searchTextOf(COLUMNS);
const sorts = sortsOf(COLUMNS);

function NetworkScreenView({ width, height }: ViewProps) {
  const ui = useUi();
  const network = useSnapshot(networkView);
  const cluster = useSnapshot((snapshot) => snapshot.cluster);
  const members = useReading(({ talosMembers }) => talosMembers);
  const minuteMs = useNowMs(60_000);
  const notice =
    network.links.length > 0
      ? []
      : readingLines(members, 'the list of Talos nodes', minuteMs, width);
  const above = [...aboveLines(network, cluster, width), ...notice].slice(
    0,
    Math.floor(height / 2),
  );
  const tableHeight = height - above.length;
  const view = useList({
    id: 'network',
    rows: network.links,
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
  useSubjectKeys(selected && (() => subjectOf(selected.machineKey)));

  return (
    <Box flexDirection="column" width={width} height={height}>
      <Rows lines={above} width={width} height={above.length} />
      <ListTable
        view={view}
        columns={COLUMNS}
        rowKey={rowKey}
        width={width}
        height={tableHeight}
        isFocused
        emptyText={
          network.unread.length > 0 ? 'No node has told its links yet' : 'No node is known yet'
        }
      />
    </Box>
  );
}

function aboveLines(
  { vips, unread }: NetworkView,
  { kubernetesServer, endpoints }: ClusterIdentity,
  width: number,
): readonly Line[] {
  const names = unread.join(', ');
  return [
    rule('Virtual address', width),
    ...(vips.length === 0 ? [line(' None configured.', 'muted')] : vips.flatMap(vipLines)),
    [span(' Kubernetes  ', 'muted'), span(kubernetesServer ?? 'not configured')],
    [span(' Talos API   ', 'muted'), span(endpoints.join(', ') || 'not configured')],
    rule('Links', width),
    ...(unread.length > 0 ? [[span(' '), levelSpan('unknown', `not read: ${names}`)]] : []),
  ];
}

function vipLines({ address, level, word, holder, reason }: VipState): readonly Line[] {
  const state = holder === null ? word : `held by ${holder}`;
  return [
    [span(` ${address}  `, 'strong'), levelSpan(level, state)],
    ...(reason === '' ? [] : [line(`   ${reason}`, 'muted')]),
  ];
}
