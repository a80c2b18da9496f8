import type { Level, Machine } from '../model/machine.js';
import { machinesOf } from '../model/machines.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { perSnapshot } from './per-snapshot.js';

/**
 * What the overview shows of a machine and no more: figures that move every few seconds but are not on screen
 * would redraw it for nothing.
 */
export interface MachineRow {
  readonly key: string;
  readonly name: string;
  readonly role: Machine['role'];
  readonly isProven: boolean;
  readonly level: Level;
  readonly layers: Machine['layers'];
  readonly problem: string;
  readonly address: string | null;
  readonly version: string | null;
  readonly guest: { readonly id: number; readonly host: string } | null;
  /** In whole percent; null also while it is not shown. */
  readonly cpuPercent: number | null;
  readonly memoryPercent: number | null;
}

export const machineRows: (snapshot: Snapshot) => readonly MachineRow[] = perSnapshot((snapshot) =>
  machinesOf(snapshot).map((machine) => ({ ...still(machine), ...NO_LOAD })),
);

export const machineRowsWithLoad: (snapshot: Snapshot) => readonly MachineRow[] = perSnapshot(
  (snapshot) => machinesOf(snapshot).map((machine) => ({ ...still(machine), ...loadOf(machine) })),
);

type Load = Pick<MachineRow, 'cpuPercent' | 'memoryPercent'>;

const NO_LOAD: Load = { cpuPercent: null, memoryPercent: null };

function still(machine: Machine): Omit<MachineRow, keyof Load> {
  const { key, name, role, isProven, level, layers, problems, talos, vm } = machine;
  return {
    key,
    name,
    role,
    isProven,
    level,
    layers,
    problem: problems[0] ?? '',
    address: talos?.address ?? null,
    version: (talos && knownValue(talos.version)?.tag) ?? null,
    guest: vm === null ? null : { id: vm.id, host: vm.pveNode },
  };
}

function loadOf({ talos }: Machine): Load {
  const usage = talos === null ? undefined : knownValue(talos.usage);
  if (usage === undefined) return NO_LOAD;
  const { cpuRatio, memoryUsedBytes, memoryTotalBytes } = usage;
  return {
    cpuPercent: cpuRatio === null ? null : Math.round(cpuRatio * 100),
    memoryPercent:
      memoryTotalBytes === 0 ? null : Math.round((memoryUsedBytes / memoryTotalBytes) * 100),
  };
}
