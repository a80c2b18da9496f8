import type { Column } from '../components/columns.js';
import { layerText, layerTone } from '../components/levels.js';
import { formatPercent } from '../model/format.js';
import { LEVELS } from '../model/levels.js';
import type { LayerState, Machine } from '../model/machine.js';
import { knownValue } from '../model/reading.js';

type MachineColumn = Column<Machine>;

const ROLE_WORD = { 'control-plane': 'control', worker: 'worker', unknown: '?' } as const;
const layerColumn = (
  key: string,
  title: string,
  min: number,
  layerOf: (machine: Machine) => LayerState,
): MachineColumn => ({
  key,
  title,
  width: { min, max: 16 },
  priority: 0,
  format: (machine) => layerText(layerOf(machine)),
  tone: (machine) => layerTone(layerOf(machine)),
  sortValue: (machine) => LEVELS.indexOf(layerOf(machine).level),
});

const cpuRatio = ({ talos }: Machine): number | null =>
  (talos && knownValue(talos.usage)?.cpuRatio) ?? null;

function memoryRatio({ talos }: Machine): number | null {
  const usage = talos === null ? undefined : knownValue(talos.usage);
  if (usage === undefined || usage.memoryTotalBytes === 0) return null;
  return usage.memoryUsedBytes / usage.memoryTotalBytes;
}

const ratioColumn = (
  key: string,
  title: string,
  priority: number,
  ratioOf: (machine: Machine) => number | null,
): MachineColumn => ({
  key,
  title,
  width: 4,
  align: 'right',
  priority,
  format: (machine) => percentOr(ratioOf(machine)),
  tone: (machine) => ((ratioOf(machine) ?? 0) >= 0.9 ? 'warn' : 'text'),
  sortValue: ratioOf,
});

const percentOr = (ratio: number | null): string => (ratio === null ? '–' : formatPercent(ratio));

/**
 * One row per machine across the four layers; wider terminals see more of each. What keeps moving comes last: at
 * 120 columns nothing is written while nothing happens.
 */
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
    format: ({ talos }) => talos?.address ?? '–',
    tone: () => 'muted',
    sortValue: ({ talos }) => talos?.address ?? null,
  },
  ratioColumn('cpu', 'CPU', 9, cpuRatio),
  ratioColumn('memory', 'MEM', 10, memoryRatio),
  {
    key: 'version',
    title: 'VERSION',
    width: { min: 8, max: 14 },
    priority: 8,
    format: ({ talos }) => (talos && knownValue(talos.version)?.tag) ?? '–',
    tone: () => 'muted',
    sortValue: ({ talos }) => (talos && knownValue(talos.version)?.tag) ?? null,
  },
  {
    key: 'guest',
    title: 'GUEST',
    width: { min: 9, max: 20 },
    priority: 11,
    format: ({ vm }) => (vm === null ? '–' : `${vm.id} ${vm.pveNode}`),
    tone: () => 'muted',
    sortValue: ({ vm }) => vm?.id ?? null,
  },
  {
    key: 'problem',
    title: 'PROBLEM',
    width: { min: 14, max: 120 },
    isFlexible: true,
    priority: 6,
    format: ({ problems }) => problems[0] ?? '',
    tone: ({ level }) => (level === 'fail' ? 'fail' : 'muted'),
  },
];
