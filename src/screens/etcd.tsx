import { Box } from 'ink';
import { type Column, searchTextOf } from '../components/columns.js';
import { field, rule } from '../components/layout.js';
import { layerText, layerTone, levelSpan } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { scaleOf, sparkline } from '../components/sparkline.js';
import { BLANK, type Line, type Span, span } from '../components/text.js';
import { catalogueNewestFirst } from '../hooks/derived.js';
import { type MemberRow, memberRows } from '../hooks/member-rows.js';
import { open } from '../hooks/place.js';
import { useUi } from '../hooks/ui.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { formatBytes, formatCount, formatPercent } from '../model/format.js';
import type { LayerState } from '../model/machine.js';
import { type QuorumState, quorumState } from '../model/quorum.js';
import { MEMBER_LEVEL } from './parts/level-of.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { emptyTextOf, readingLines } from './parts/reading-lines.js';
import { snapshotLines } from './parts/snapshot-lines.js';
import { inUseRatio } from './subjects/machine.js';
import { memberSubject } from './subjects/member.js';
import { useMachineSubject } from './subjects/use-machine-subject.js';
import type { Screen, ViewProps } from './types.js';

export const etcdScreen: Screen = {
  id: 'etcd',
  key: '2',
  title: 'etcd',
  tab: 'etcd',
  View: EtcdView,
  scopes: ['list', 'filter', 'filtered', 'subject'],
};

const stateOf = ({ health }: MemberRow): LayerState => ({
  level: MEMBER_LEVEL[health.state],
  word: health.state,
  detail: '',
});

const TREND_WIDTH = 20;
const LAG_WARN = 1000;

const COLUMNS: readonly Column<MemberRow>[] = [
  {
    key: 'name',
    title: 'MEMBER',
    width: { min: 10, max: 28 },
    priority: 0,
    format: ({ name }) => name,
    tone: () => 'strong',
    sortValue: ({ name }) => name,
  },
  {
    key: 'state',
    title: 'STATE',
    width: 13,
    priority: 0,
    format: (row) => layerText(stateOf(row)),
    tone: (row) => layerTone(stateOf(row)),
    sortValue: ({ health }) => health.state,
  },
  {
    key: 'seat',
    title: 'ROLE',
    width: 7,
    priority: 0,
    format: ({ seat }) => seat,
    tone: ({ seat }) => (seat === 'leader' ? 'accent' : 'text'),
    sortValue: ({ seat }) => seat,
  },
  {
    key: 'size',
    title: 'DB SIZE',
    width: 9,
    align: 'right',
    priority: 1,
    format: ({ status }) => (status === null ? '–' : formatBytes(status.dbSizeBytes)),
    sortValue: ({ status }) => status?.dbSizeBytes ?? null,
  },
  {
    key: 'used',
    title: 'IN USE',
    width: 6,
    align: 'right',
    priority: 3,
    format: ({ status }) => (status === null ? '–' : formatPercent(inUseRatio(status))),
    sortValue: ({ status }) => (status === null ? null : inUseRatio(status)),
  },
  {
    key: 'lag',
    title: 'LAG',
    width: 5,
    align: 'right',
    priority: 2,
    format: ({ lag }) => (lag === null ? '–' : String(lag)),
    tone: ({ lag }) => ((lag ?? 0) > LAG_WARN ? 'warn' : 'text'),
    sortValue: ({ lag }) => lag,
  },
  {
    key: 'term',
    title: 'TERM',
    width: 5,
    align: 'right',
    priority: 4,
    format: ({ status }) => (status === null ? '–' : String(status.raftTerm)),
    tone: () => 'muted',
    sortValue: ({ status }) => status?.raftTerm ?? null,
  },
  {
    key: 'trend',
    title: 'DB TREND',
    width: TREND_WIDTH,
    priority: 6,
    format: ({ dbHistory }) => sparkline(dbHistory, TREND_WIDTH, scaleOf(dbHistory)),
    tone: () => 'accent',
  },
  {
    key: 'version',
    title: 'VERSION',
    width: 8,
    priority: 7,
    format: ({ status }) => status?.protocolVersion ?? '–',
    tone: () => 'muted',
  },
  {
    key: 'id',
    title: 'MEMBER ID',
    width: 16,
    priority: 8,
    format: ({ member }) => member.id,
    tone: () => 'muted',
  },
];

const rowKey = ({ member }: MemberRow): string => member.id;
const searchText = searchTextOf(COLUMNS);
const sorts = sortsOf(COLUMNS);

const MIN_BELOW = 9;

function EtcdView({ width, height }: ViewProps) {
  const ui = useUi();
  const minuteMs = useNowMs(60_000);
  const reading = useReading(({ etcdMembers }) => etcdMembers);
  const rows = useSnapshot(memberRows);
  const quorum = useSnapshot(quorumState);
  const alarms = useSnapshot(({ etcdAlarms }) => etcdAlarms.state);
  const entries = useSnapshot(catalogueNewestFirst);
  const catalogue = useReading((snapshot) => snapshot.catalogue);
  const notice = readingLines(reading, 'the member list', minuteMs, width);
  const tableHeight = Math.max(3, Math.min(rows.length + 1, height - MIN_BELOW - notice.length));
  const view = useList({
    id: 'etcd',
    rows,
    rowKey,
    searchText,
    sorts,
    height: tableHeight - 1,
    isFocused: true,
    canMark: false,
    open: ({ machineKey }) => {
      if (machineKey === null) ui.say('warn', 'No machine is known that runs this member.');
      else ui.place.update((place) => open(place, { kind: 'node', machineKey }));
    },
  });
  const { selected } = view;
  const subjectOf = useMachineSubject();
  useSubjectKeys(
    selected &&
      (() =>
        memberSubject(
          selected,
          selected.machineKey === null ? null : subjectOf(selected.machineKey),
        )),
  );

  const below: readonly Line[] = [
    ...notice,
    BLANK,
    rule('Quorum', width),
    ...quorumLines(quorum, alarms === 'fresh'),
    ...trendLines(view.selected, width),
    BLANK,
    rule('Snapshots', width),
    ...snapshotLines(catalogue, entries, minuteMs, width),
  ];
  return (
    <Box flexDirection="column" width={width} height={height}>
      <ListTable
        view={view}
        columns={COLUMNS}
        rowKey={rowKey}
        width={width}
        height={tableHeight}
        isFocused
        emptyText={emptyTextOf(reading, 'the member list', 'The member list is empty')}
      />
      <Rows lines={below} width={width} height={height - tableHeight} />
    </Box>
  );
}

const row = (label: string, value: Line): Line => [span(' '), ...field(label, value, 8)];

function quorumLines(quorum: QuorumState, areAlarmsCurrent: boolean): readonly Line[] {
  const { level, sentence, voters, problems, leaderName } = quorum;
  const needs = voters === 0 ? '' : ` · needs ${quorum.quorum} of ${formatCount(voters, 'voter')}`;
  return [
    row('Quorum', [levelSpan(level, sentence), span(needs, 'muted')]),
    row('Leader', leaderName === null ? [levelSpan('unknown', 'not known')] : [span(leaderName)]),
    row('Alarms', [alarmSpan(quorum, areAlarmsCurrent)]),
    // Alarms come first among the problems, and have their own line above.
    ...problems.slice(quorum.alarms.length).map((problem) => row('', [levelSpan('warn', problem)])),
  ];
}

function alarmSpan({ alarms, members }: QuorumState, areAlarmsCurrent: boolean): Span {
  const nameOf = (id: string) => members.find(({ member }) => member.id === id)?.name ?? id;
  if (alarms.length > 0) {
    const named = alarms.map(({ alarm, memberId }) => `${alarm} on ${nameOf(memberId)}`);
    return levelSpan('fail', named.join(', '));
  }
  return areAlarmsCurrent ? levelSpan('ok', 'none') : levelSpan('unknown', 'unknown');
}

function trendLines(selected: MemberRow | null, width: number): readonly Line[] {
  if (selected === null || selected.dbHistory.length < 2) return [];
  const values = selected.dbHistory;
  const chartWidth = Math.max(10, Math.min(60, width - 44));
  const last = values.at(-1) ?? 0;
  return [
    row('Trend', [
      span(sparkline(values, chartWidth, scaleOf(values)), 'accent'),
      span(` ${formatBytes(last)} on ${selected.name}`, 'muted'),
    ]),
  ];
}
