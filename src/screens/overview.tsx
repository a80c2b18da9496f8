import { Box } from 'ink';
import { type Column, searchTextOf } from '../components/columns.js';
import { Rows } from '../components/rows.js';
import { type MachineRow, machineRows, machineRowsWithLoad } from '../hooks/machine-rows.js';
import { open } from '../hooks/place.js';
import { sourceHealth } from '../hooks/source-health.js';
import { useUi } from '../hooks/ui.js';
import { useActionKeys } from '../hooks/use-action-keys.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { LOAD_WIDTH, MACHINE_COLUMNS, MACHINE_COLUMNS_WITH_LOAD } from './machine-columns.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { overviewLines, SUMMARY_LINES } from './parts/overview-lines.js';
import { useMachineSubject, useMarkedMachines } from './subjects/use-machine-subject.js';
import type { Screen, ViewProps } from './types.js';

export const overviewScreen: Screen = {
  id: 'overview',
  key: '1',
  title: 'Overview',
  tab: 'Overview',
  View: OverviewView,
  scopes: ['list', 'filter', 'filtered', 'subject'],
};

const NOTHING = {};

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
const MIN_PROBLEM_LINES = 3;

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
  const markedSubject = useMarkedMachines([...view.state.marks]);
  useSubjectKeys(markedSubject ?? (selectedKey === null ? null : () => subjectOf(selectedKey)));
  // With marks the letters of actions mean the marked machines, without any they ask.
  useActionKeys(markedSubject?.answers ?? NOTHING, markedSubject !== null);

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

/** Its lines are the selection: they are drawn again only when their text changes. */
function Below({ width, height, isWide }: BelowProps) {
  const minuteMs = useNowMs(60_000);
  const lines = useSnapshot((snapshot) =>
    overviewLines(snapshot, { width, height, isWide, minuteMs }),
  );
  return <Rows lines={lines} width={width} height={height} />;
}
