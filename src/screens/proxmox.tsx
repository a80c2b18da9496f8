import { Box } from 'ink';
import { searchTextOf } from '../components/columns.js';
import { rule } from '../components/layout.js';
import { levelSpan } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { type Line, type Span, span } from '../components/text.js';
import { fitTo } from '../components/width.js';
import { fillRatio, type GuestRow, guestRows, tasksNewestFirst } from '../hooks/derived.js';
import { viewerOf } from '../hooks/modal.js';
import { open } from '../hooks/place.js';
import { useUi } from '../hooks/ui.js';
import { type ListView, useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { usePanes } from '../hooks/use-panes.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { useWiring } from '../hooks/wiring.js';
import { formatPercent } from '../model/format.js';
import { machinesOf } from '../model/machines.js';
import type { PveCluster, PveStorage, PveTask } from '../model/proxmox.js';
import { isProxmoxNamed } from '../model/proxmox-named.js';
import { knownValue, type Reading } from '../model/reading.js';
import { GUEST_COLUMNS, TASK_COLUMNS } from './guest-columns.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { emptyTextOf, readingLines } from './parts/reading-lines.js';
import { storageBar } from './parts/summary.js';
import { guestSubject, taskSubject } from './subjects/guest.js';
import type { Screen, ViewProps } from './types.js';

export const proxmoxScreen: Screen = {
  id: 'proxmox',
  key: '6',
  title: 'Proxmox',
  tab: 'Proxmox',
  View: ProxmoxView,
  scopes: ['list', 'filter', 'filtered', 'subject', 'panes'],
};

const guestKey = ({ vm }: GuestRow): string => String(vm.id);
const taskKey = ({ upid }: PveTask): string => upid;
const guestText = searchTextOf(GUEST_COLUMNS);
const taskText = searchTextOf(TASK_COLUMNS);
const guestSorts = sortsOf(GUEST_COLUMNS);
const taskSorts = sortsOf(TASK_COLUMNS);

const MIN_TASKS = 4;

function ProxmoxView({ width, height }: ViewProps) {
  const vms = useReading((snapshot) => snapshot.vms);
  const isConfigured = useSnapshot(({ cluster }) => isProxmoxNamed(cluster));
  const pane = usePanes(2);
  const middle = useMiddleLines(width, height);
  const guests = useSnapshot(guestRows);
  const room = height - middle.length;
  const guestHeight = Math.max(3, Math.min(guests.length + 1, room - MIN_TASKS));
  const taskHeight = Math.max(0, room - guestHeight);
  const guestView = useGuests(guests, guestHeight - 1, pane === 0);
  const tasks = useReading((snapshot) => snapshot.pveTasks);
  const taskView = useTasks(taskHeight - 1, pane === 1);

  const { selected: guest } = guestView;
  const { selected: task } = taskView;
  useSubjectKeys(pane === 0 ? guest && guestSubject(guest.vm) : task && taskSubject(task));

  return (
    <Box flexDirection="column" width={width} height={height}>
      <ListTable
        view={guestView}
        columns={GUEST_COLUMNS}
        rowKey={guestKey}
        width={width}
        height={guestHeight}
        isFocused={pane === 0}
        emptyText={
          isConfigured
            ? emptyTextOf(vms, 'guests', 'No guests')
            : 'Proxmox is not configured for this cluster'
        }
      />
      <Rows lines={middle} width={width} height={middle.length} />
      <ListTable
        view={taskView}
        columns={TASK_COLUMNS}
        rowKey={taskKey}
        width={width}
        height={taskHeight}
        isFocused={pane === 1}
        emptyText={emptyTextOf(tasks, 'tasks', 'No recent task')}
      />
    </Box>
  );
}

function useGuests(
  rows: readonly GuestRow[],
  height: number,
  isFocused: boolean,
): ListView<GuestRow> {
  const ui = useUi();
  const { snapshots } = useWiring();
  return useList({
    id: 'proxmox',
    rows,
    rowKey: guestKey,
    searchText: guestText,
    sorts: guestSorts,
    height,
    isFocused,
    canMark: false,
    open: ({ vm: { id } }) => {
      const machine = machinesOf(snapshots.get()).find(({ vm }) => vm?.id === id);
      if (machine === undefined)
        ui.say('warn', `VM ${id} is no machine of this cluster; d describes it.`);
      else ui.place.update((place) => open(place, { kind: 'node', machineKey: machine.key }));
    },
  });
}

function useTasks(height: number, isFocused: boolean): ListView<PveTask> {
  const ui = useUi();
  return useList({
    id: 'proxmox-tasks',
    rows: useSnapshot(tasksNewestFirst),
    rowKey: taskKey,
    searchText: taskText,
    sorts: taskSorts,
    height,
    isFocused,
    canMark: false,
    open: (task) => ui.modal.update(() => viewerOf(taskSubject(task))),
  });
}

function useMiddleLines(width: number, height: number): readonly Line[] {
  const minuteMs = useNowMs(60_000);
  const pve = useReading((snapshot) => snapshot.pve);
  const storages = useReading((snapshot) => snapshot.storages);
  const lines = [
    rule('Hosts and storage', width),
    ...readingLines(pve, 'Proxmox', minuteMs, width),
    ...hostLines(pve),
    ...(pve.state === 'failed' ? [] : readingLines(storages, 'the storages', minuteMs, width)),
    ...storageLines(storages, width),
  ];
  return [...lines.slice(0, Math.max(3, Math.floor(height * 0.4))), rule('Tasks', width)];
}

function hostLines(reading: Reading<PveCluster>): readonly Line[] {
  const cluster = knownValue(reading);
  if (cluster === undefined) return [];
  const quorum: Line = cluster.isQuorate ? [] : [span('  '), levelSpan('warn', 'no quorum')];
  return cluster.nodes.map((node, index) => [
    span(' '),
    reading.state === 'fresh' ? onlineSpan(node) : levelSpan('unknown', 'unknown'),
    span(`  ${fitTo(node.name, 14)}`, 'strong'),
    span(` cpu ${node.cpuRatio === null ? '–' : formatPercent(node.cpuRatio)}`, 'muted'),
    span(` · memory ${memoryText(node)}`, 'muted'),
    span(` · PVE ${cluster.release ?? '?'}`, 'muted'),
    ...(index === 0 ? quorum : []),
  ]);
}

const onlineSpan = ({ isOnline }: PveCluster['nodes'][number]): Span =>
  isOnline ? levelSpan('ok', 'online ') : levelSpan('fail', 'offline');

const memoryText = ({ memoryUsedBytes, memoryTotalBytes }: PveCluster['nodes'][number]): string =>
  memoryUsedBytes === null || !memoryTotalBytes
    ? '–'
    : formatPercent(memoryUsedBytes / memoryTotalBytes);

function storageLines(reading: Reading<readonly PveStorage[]>, width: number): readonly Line[] {
  const barWidth = width >= 110 ? 32 : 16;
  const isCurrent = reading.state === 'fresh';
  return (knownValue(reading) ?? [])
    .toSorted((a, b) => fillRatio(b) - fillRatio(a))
    .map((storage) => [
      span(` ${fitTo(storage.name, 14)} `, 'strong'),
      span(`${fitTo(storage.type, 8)} `, 'muted'),
      ...storageBar(storage, { width: barWidth, isAligned: true, isCurrent }),
      span(` on ${storage.pveNode}`, 'muted'),
    ]);
}
