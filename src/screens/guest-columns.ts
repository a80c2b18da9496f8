import type { Column } from '../components/columns.js';
import { LEVEL_TONE, levelText } from '../components/levels.js';
import type { GuestRow } from '../hooks/derived.js';
import { taskLevel } from '../hooks/recent.js';
import { formatBytes, formatDateTime, formatDuration, formatPercent } from '../model/format.js';
import type { Level } from '../model/machine.js';
import type { PveTask, Vm } from '../model/proxmox.js';

const guestLevel = ({ vm: { status, isTemplate }, isCurrent }: GuestRow): Level => {
  if (isTemplate) return 'none';
  if (!isCurrent) return 'unknown';
  return status === 'running' ? 'ok' : status === 'stopped' ? 'fail' : 'unknown';
};

const statusWord = ({ vm: { status, isTemplate } }: GuestRow): string =>
  isTemplate ? 'template' : status;

const memoryRatio = ({ memoryUsedBytes, memoryTotalBytes }: Vm): number | null =>
  memoryUsedBytes === null || !memoryTotalBytes ? null : memoryUsedBytes / memoryTotalBytes;

const percentOr = (ratio: number | null): string => (ratio === null ? '–' : formatPercent(ratio));

/** Uptime in whole hours or days once it is long: a running second is no news. */
const MINUTE_MS = 60_000;
const uptimeText = (uptimeMs: number): string =>
  uptimeMs === 0 ? '–' : formatDuration(Math.floor(uptimeMs / MINUTE_MS) * MINUTE_MS);

export const GUEST_COLUMNS: readonly Column<GuestRow>[] = [
  {
    key: 'id',
    title: 'VM',
    width: { min: 4, max: 9 },
    align: 'right',
    priority: 0,
    format: ({ vm: { id } }) => String(id),
    sortValue: ({ vm: { id } }) => id,
  },
  {
    key: 'name',
    title: 'NAME',
    width: { min: 12, max: 32 },
    priority: 0,
    format: ({ vm: { name } }) => name,
    tone: () => 'strong',
    sortValue: ({ vm: { name } }) => name,
  },
  {
    key: 'status',
    title: 'STATUS',
    width: { min: 10, max: 16 },
    priority: 0,
    format: (row) => levelText(guestLevel(row), statusWord(row)),
    tone: (row) => LEVEL_TONE[guestLevel(row)],
    sortValue: ({ vm: { status } }) => status,
  },
  {
    key: 'host',
    title: 'HOST',
    width: { min: 6, max: 16 },
    priority: 3,
    format: ({ vm: { pveNode } }) => pveNode,
    tone: () => 'muted',
    sortValue: ({ vm: { pveNode } }) => pveNode,
  },
  {
    key: 'cpu',
    title: 'CPU',
    width: 4,
    align: 'right',
    priority: 1,
    format: ({ vm: { cpuRatio } }) => percentOr(cpuRatio),
    sortValue: ({ vm: { cpuRatio } }) => cpuRatio,
  },
  {
    key: 'memory',
    title: 'MEM',
    width: 4,
    align: 'right',
    priority: 1,
    format: ({ vm }) => percentOr(memoryRatio(vm)),
    sortValue: ({ vm }) => memoryRatio(vm),
  },
  {
    key: 'size',
    title: 'OF',
    width: { min: 6, max: 8 },
    align: 'right',
    priority: 5,
    format: ({ vm: { memoryTotalBytes } }) =>
      memoryTotalBytes === null ? '–' : formatBytes(memoryTotalBytes),
    tone: () => 'muted',
    sortValue: ({ vm: { memoryTotalBytes } }) => memoryTotalBytes,
  },
  {
    key: 'uptime',
    title: 'UPTIME',
    width: { min: 6, max: 14 },
    align: 'right',
    priority: 4,
    format: ({ vm: { uptimeMs } }) => uptimeText(uptimeMs),
    tone: () => 'muted',
    sortValue: ({ vm: { uptimeMs } }) => uptimeMs,
  },
  {
    key: 'lock',
    title: 'LOCK',
    width: { min: 4, max: 12 },
    priority: 2,
    format: ({ vm: { lock } }) => lock ?? '–',
    tone: ({ vm: { lock } }) => (lock === null ? 'faint' : 'warn'),
    sortValue: ({ vm: { lock } }) => lock,
  },
  {
    key: 'tags',
    title: 'TAGS',
    width: { min: 8, max: 60 },
    isFlexible: true,
    priority: 6,
    format: ({ vm: { tags } }) => tags.join(', '),
    tone: () => 'muted',
    sortValue: ({ vm: { tags } }) => tags.join(),
  },
];

export const TASK_COLUMNS: readonly Column<PveTask>[] = [
  {
    key: 'started',
    title: 'TIME',
    width: 11,
    priority: 0,
    format: ({ startedAtMs }) => formatDateTime(startedAtMs).slice('YYYY-'.length),
    tone: () => 'muted',
    sortValue: ({ startedAtMs }) => startedAtMs,
  },
  {
    key: 'type',
    title: 'TASK',
    width: { min: 10, max: 20 },
    priority: 0,
    format: ({ type }) => type,
    tone: () => 'strong',
    sortValue: ({ type }) => type,
  },
  {
    key: 'object',
    title: 'OF',
    width: { min: 4, max: 12 },
    priority: 0,
    format: ({ objectId }) => objectId || '–',
    sortValue: ({ objectId }) => objectId,
  },
  {
    key: 'host',
    title: 'HOST',
    width: { min: 6, max: 16 },
    priority: 3,
    format: ({ pveNode }) => pveNode,
    tone: () => 'muted',
    sortValue: ({ pveNode }) => pveNode,
  },
  {
    key: 'user',
    title: 'USER',
    width: { min: 8, max: 24 },
    priority: 2,
    format: ({ user }) => user,
    tone: () => 'muted',
    sortValue: ({ user }) => user,
  },
  {
    key: 'result',
    title: 'RESULT',
    width: { min: 10, max: 120 },
    isFlexible: true,
    priority: 0,
    format: (task) => levelText(taskLevel(task), task.exitStatus ?? 'running'),
    tone: (task) => LEVEL_TONE[taskLevel(task)],
    sortValue: ({ exitStatus }) => exitStatus,
  },
];
