import { searchTextOf } from '../../components/columns.js';
import { commandsNewestFirst } from '../../hooks/derived.js';
import { viewerOf } from '../../hooks/modal.js';
import { useUi } from '../../hooks/ui.js';
import { type ListView, useList } from '../../hooks/use-list.js';
import { useSnapshot } from '../../hooks/use-store.js';
import type { CommandRecord } from '../../model/run.js';
import { COMMAND_COLUMNS } from '../run-columns.js';
import { commandSubject } from '../subjects/run.js';
import type { ViewProps } from '../types.js';
import { ListTable, sortsOf } from './list-table.js';

const rowKey = ({ atMs, argv }: CommandRecord): string => `${atMs} ${argv.join(' ')}`;
const searchText = searchTextOf(COMMAND_COLUMNS);
const sorts = sortsOf(COMMAND_COLUMNS);

/** Every command that was run for this cluster, newest first. */
export function useCommandList(height: number, isFocused: boolean): ListView<CommandRecord> {
  const ui = useUi();
  return useList({
    id: 'commands',
    rows: useSnapshot(commandsNewestFirst),
    rowKey,
    searchText,
    sorts,
    height: height - 1,
    isFocused,
    canMark: false,
    open: (command) => ui.modal.update(() => viewerOf(commandSubject(command))),
  });
}

interface CommandListProps extends ViewProps {
  readonly view: ListView<CommandRecord>;
  readonly isFocused: boolean;
}

export const CommandList = (props: CommandListProps) => (
  <ListTable
    {...props}
    columns={COMMAND_COLUMNS}
    rowKey={rowKey}
    emptyText="No command was run yet: reading needs none"
  />
);
