import { Box } from 'ink';
import { useMemo } from 'react';
import { searchTextOf } from '../components/columns.js';
import { rule } from '../components/layout.js';
import { Rows } from '../components/rows.js';
import { runsNewestFirst } from '../hooks/derived.js';
import { open } from '../hooks/place.js';
import { useUi } from '../hooks/ui.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { usePanes } from '../hooks/use-panes.js';
import { useRunKeys } from '../hooks/use-run-keys.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { formatAge } from '../model/format.js';
import { CommandList, useCommandList } from './parts/command-list.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { emptyTextOf } from './parts/reading-lines.js';
import { RUN_COLUMNS, type RunRow } from './run-columns.js';
import { commandSubject, runSubject } from './subjects/run.js';
import type { Screen, ViewProps } from './types.js';

export const runsScreen: Screen = {
  id: 'runs',
  key: '9',
  title: 'Runs',
  tab: 'Runs',
  View: RunsView,
  scopes: ['list', 'filter', 'filtered', 'subject', 'panes', 'run'],
};

const rowKey = ({ run }: RunRow): string => run.id;
const searchText = searchTextOf(RUN_COLUMNS);
const sorts = sortsOf(RUN_COLUMNS);

function RunsView({ width, height }: ViewProps) {
  const ui = useUi();
  const reading = useReading((snapshot) => snapshot.runs);
  const rows = useRunRows();
  const pane = usePanes(2);
  const runHeight = Math.max(4, Math.min(rows.length + 2, Math.floor(height / 2)));
  const commandHeight = height - runHeight - 1;
  const view = useList({
    id: 'runs',
    rows,
    rowKey,
    searchText,
    sorts,
    height: runHeight - 1,
    isFocused: pane === 0,
    canMark: false,
    open: ({ run }) => ui.place.update((place) => open(place, { kind: 'run', runId: run.id })),
  });
  const commands = useCommandList(commandHeight, pane === 1);
  const run = view.selected?.run ?? null;
  useRunKeys(run, pane === 0);
  const { selected: command } = commands;
  useSubjectKeys(pane === 0 ? run && runSubject(run) : command && commandSubject(command));

  return (
    <Box flexDirection="column" width={width} height={height}>
      <ListTable
        view={view}
        columns={RUN_COLUMNS}
        rowKey={rowKey}
        width={width}
        height={runHeight}
        isFocused={pane === 0}
        emptyText={emptyTextOf(
          reading,
          'runs',
          'Nothing was run yet: x on a machine, or : for all actions',
        )}
      />
      <Rows lines={[rule('Command log', width)]} width={width} height={1} />
      <CommandList view={commands} width={width} height={commandHeight} isFocused={pane === 1} />
    </Box>
  );
}

/** Whole minutes: a list that counted seconds would be drawn for nothing. */
const MINUTE_MS = 60_000;

function useRunRows(): readonly RunRow[] {
  const runs = useSnapshot(runsNewestFirst);
  const minuteMs = useNowMs(MINUTE_MS);
  return useMemo(
    () =>
      runs.map((run) => {
        const ageMs = minuteMs - run.startedAtMs;
        return { run, age: ageMs < MINUTE_MS ? 'now' : formatAge(ageMs) };
      }),
    [runs, minuteMs],
  );
}
