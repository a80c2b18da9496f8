import { Box } from 'ink';
import { type Column, searchTextOf } from '../components/columns.js';
import { beside, rule } from '../components/layout.js';
import { levelSpan } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { BLANK, type Line, line, span } from '../components/text.js';
import { csrAssessments } from '../hooks/csr-view.js';
import {
  activeRuns,
  catalogueNewestFirst,
  csrTotals,
  issues,
  usedStorages,
} from '../hooks/derived.js';
import { type MachineRow, machineRows, machineRowsWithLoad } from '../hooks/machine-rows.js';
import { open } from '../hooks/place.js';
import { sourceHealth } from '../hooks/source-health.js';
import { useUi } from '../hooks/ui.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { useWiring } from '../hooks/wiring.js';
import type { Issue } from '../model/issue.js';
import { quorumState } from '../model/quorum.js';
import type { RunSummary } from '../model/run.js';
import type { Snapshot } from '../model/snapshot.js';
import { vipState } from '../model/vip.js';
import { LOAD_WIDTH, MACHINE_COLUMNS, MACHINE_COLUMNS_WITH_LOAD } from './machine-columns.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { recentLines, useRecent } from './parts/recent.js';
import {
  csrSummary,
  etcdSummary,
  kubernetesSummary,
  snapshotSummary,
  storageSummary,
  vipSummary,
} from './parts/summary.js';
import { useMachineSubject } from './subjects/use-machine-subject.js';
import type { Screen, ViewProps } from './types.js';

export const overviewScreen: Screen = {
  id: 'overview',
  key: '1',
  title: 'Overview',
  tab: 'Overview',
  View: OverviewView,
  scopes: ['list', 'filter', 'filtered', 'subject'],
};

const rowKey = ({ key }: MachineRow): string => key;

/** Columns, their sorts and what a filter looks at change together. */
const withColumns = (columns: readonly Column<MachineRow>[]) => ({
  columns,
  sorts: sortsOf(columns),
  searchText: searchTextOf(columns),
});
const NARROW = { ...withColumns(MACHINE_COLUMNS), rowsOf: machineRows };
const ROOMY = { ...withColumns(MACHINE_COLUMNS_WITH_LOAD), rowsOf: machineRowsWithLoad };

/** From here two blocks fit side by side. */
const WIDE = 110;
const SUMMARY_LINES = 6;
const MIN_PROBLEM_LINES = 3;
const MIN_RECENT_LINES = 3;

function OverviewView({ width, height }: ViewProps) {
  const ui = useUi();
  const { columns, sorts, searchText, rowsOf } = width >= LOAD_WIDTH ? ROOMY : NARROW;
  const machines = useSnapshot(rowsOf);
  const health = useSnapshot(sourceHealth);
  const isWide = width >= WIDE;
  const below = isWide ? SUMMARY_LINES + 1 : SUMMARY_LINES + 2 + MIN_PROBLEM_LINES;
  const tableHeight = Math.max(4, Math.min(machines.length + 2, height - below));
  const view = useList({
    id: 'overview',
    rows: machines,
    rowKey,
    searchText,
    sorts,
    height: tableHeight - 1,
    isFocused: true,
    canMark: true,
    open: ({ key }) => ui.place.update((place) => open(place, { kind: 'node', machineKey: key })),
  });
  const { selectedKey } = view;
  const subjectOf = useMachineSubject();
  useSubjectKeys(selectedKey === null ? null : () => subjectOf(selectedKey));

  return (
    <Box flexDirection="column" width={width} height={height}>
      <ListTable
        view={view}
        columns={columns}
        rowKey={rowKey}
        width={width}
        height={tableHeight}
        isFocused
        emptyText={
          health.waiting > 0
            ? 'Waiting for the first machine'
            : 'No machine is known: the problems below say why'
        }
      />
      <Below width={width} height={height - tableHeight} isWide={isWide} />
    </Box>
  );
}

interface BelowProps extends ViewProps {
  readonly isWide: boolean;
}

function Below({ width, height, isWide }: BelowProps) {
  const summary = useSummary();
  const problems = useProblems();
  const leftWidth = isWide ? Math.min(72, Math.floor(width * 0.55)) : width;
  const left = [rule('Cluster', leftWidth), ...summary];
  const rightWidth = isWide ? width - leftWidth - 2 : width;
  const right = [rule('Problems', rightWidth), ...problems];
  const blocks = isWide ? beside(left, right, leftWidth, 2) : [...left, ...right];
  const recent = useRecent();
  const minuteMs = useNowMs(60_000);
  const room = height - blocks.length - 2;
  const lines =
    room < MIN_RECENT_LINES
      ? blocks
      : [...blocks, BLANK, rule('Recent', width), ...recentLines(recent, room, minuteMs)];
  return <Rows lines={lines} width={width} height={height} />;
}

function useSummary(): readonly Line[] {
  const { nowMs } = useWiring();
  const minuteMs = useNowMs(60_000);
  const quorum = useSnapshot(quorumState);
  const vip = useSnapshot(vipState);
  const health = useReading(({ kubeHealth }) => kubeHealth);
  const csrs = useReading(({ csrs }) => csrs);
  const assessments = useSnapshot((snapshot) => csrAssessments(snapshot, nowMs()));
  const catalogue = useReading(({ catalogue }) => catalogue);
  const entries = useSnapshot(catalogueNewestFirst);
  const storages = useReading(({ storages }) => storages);
  const used = useSnapshot(usedStorages);
  return [
    etcdSummary(quorum),
    vipSummary(vip),
    kubernetesSummary(health),
    csrSummary(csrs, csrTotals(assessments)),
    snapshotSummary(catalogue, entries, minuteMs),
    ...(useSnapshot(hasProxmox) ? [storageSummary(storages, used)] : []),
  ];
}

const hasProxmox = ({ cluster }: Snapshot): boolean => cluster.pveUrl !== null;

function useProblems(): readonly Line[] {
  const found = useSnapshot(issues);
  const runs = useSnapshot(activeRuns);
  const { waiting, total } = useSnapshot(sourceHealth);
  // Before the first answer everything is unknown, which is no problem yet.
  if (waiting === total) return [line(' Waiting for the first answers.', 'muted')];
  const lines = [...runs.map(runLine), ...found.map(issueLine)];
  return lines.length > 0 ? lines : [line(' None.', 'muted')];
}

const issueLine = ({ level, layer, text }: Issue): Line => [
  span(' '),
  levelSpan(level, layer),
  span(`  ${text}`),
];

const runLine = ({ summary, state }: RunSummary): Line => [
  span(' '),
  levelSpan(
    state === 'interrupted' ? 'fail' : state === 'paused' ? 'warn' : 'wait',
    `run ${state}`,
  ),
  span(`  ${summary}`),
  span('  (9)', 'muted'),
];
