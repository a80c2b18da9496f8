import type { Column } from '../components/columns.js';
import { layerText, layerTone } from '../components/levels.js';
import type { MachineRow } from '../hooks/machine-rows.js';
import { LEVELS } from '../model/levels.js';
import type { LayerState } from '../model/machine.js';

type MachineColumn = Column<MachineRow>;

const ROLE_WORD = { 'control-plane': 'control', worker: 'worker', unknown: '?' } as const;
const layerColumn = (
  key: string,
  title: string,
  min: number,
  layerOf: (row: MachineRow) => LayerState,
): MachineColumn => ({
  key,
  title,
  width: { min, max: 16 },
  priority: 0,
  format: (row) => layerText(layerOf(row)),
  tone: (row) => layerTone(layerOf(row)),
  sortValue: (row) => LEVELS.indexOf(layerOf(row).level),
});

const percentColumn = (
  key: string,
  title: string,
  priority: number,
  percentOf: (row: MachineRow) => number | null,
): MachineColumn => ({
  key,
  title,
  width: 4,
  align: 'right',
  priority,
  format: (row) => percentText(percentOf(row)),
  tone: (row) => ((percentOf(row) ?? 0) >= HOT_PERCENT ? 'warn' : 'text'),
  sortValue: percentOf,
});

const HOT_PERCENT = 90;
const percentText = (percent: number | null): string => (percent === null ? '–' : `${percent}%`);

/** One row per machine across the four layers; wider terminals see more of each. */
export const MACHINE_COLUMNS: readonly MachineColumn[] = [
  {
    key: 'name',
    title: 'NAME',
    width: { min: 12, max: 32 },
    priority: 0,
    format: ({ name, isProven }) => (isProven ? name : `? ${name}`),
    tone: ({ isProven }) => (isProven ? 'strong' : 'unknown'),
    sortValue: ({ name }) => name,
  },
  {
    key: 'role',
    title: 'ROLE',
    width: 7,
    priority: 5,
    format: ({ role }) => ROLE_WORD[role],
    tone: () => 'muted',
    sortValue: ({ role }) => role,
  },
  layerColumn('vm', 'VM', 11, ({ layers }) => layers.vm),
  layerColumn('talos', 'TALOS', 13, ({ layers }) => layers.talos),
  layerColumn('etcd', 'ETCD', 13, ({ layers }) => layers.etcd),
  layerColumn('kubernetes', 'KUBERNETES', 11, ({ layers }) => layers.kubernetes),
  {
    key: 'address',
    title: 'ADDRESS',
    width: { min: 10, max: 39 },
    priority: 7,
    format: ({ address }) => address ?? '–',
    tone: () => 'muted',
    sortValue: ({ address }) => address,
  },
  {
    key: 'version',
    title: 'VERSION',
    width: { min: 8, max: 14 },
    priority: 8,
    format: ({ version }) => version ?? '–',
    tone: () => 'muted',
    sortValue: ({ version }) => version,
  },
  {
    key: 'guest',
    title: 'GUEST',
    width: { min: 9, max: 20 },
    priority: 11,
    format: ({ guest }) => (guest === null ? '–' : `${guest.id} ${guest.host}`),
    tone: () => 'muted',
    sortValue: ({ guest }) => guest?.id ?? null,
  },
  {
    key: 'problem',
    title: 'PROBLEM',
    width: { min: 14, max: 120 },
    isFlexible: true,
    priority: 6,
    format: ({ problem }) => problem,
    tone: ({ level }) => (level === 'fail' ? 'fail' : 'muted'),
  },
];

/** From this width on there is room for figures that keep moving; below, nothing is written while nothing happens. */
export const LOAD_WIDTH = 132;

export const MACHINE_COLUMNS_WITH_LOAD: readonly MachineColumn[] = [
  ...MACHINE_COLUMNS.slice(0, -1),
  percentColumn('cpu', 'CPU', 9, ({ cpuPercent }) => cpuPercent),
  percentColumn('memory', 'MEM', 10, ({ memoryPercent }) => memoryPercent),
  ...MACHINE_COLUMNS.slice(-1),
];
