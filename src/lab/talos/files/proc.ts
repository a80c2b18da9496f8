import type { LabNode, World } from '../../world/types.js';
import type { NodeView } from '../kinds/kind.js';
import { partitions } from '../kinds/storage.js';
import { cpuSeconds, memoryKib } from '../usage.js';

/** USER_HZ. */
const TICKS_PER_SECOND = 100;

export function memoryText(world: World, node: LabNode): string {
  const memory = memoryKib(world, node);
  const rows: readonly (readonly [string, number])[] = [
    ['MemTotal', memory.total],
    ['MemFree', memory.free],
    ['MemAvailable', memory.available],
    ['Buffers', memory.buffers],
    ['Cached', memory.cached],
    ['SwapCached', 0],
    ['Active', memory.active],
    ['Inactive', memory.inactive],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Slab', memory.slab],
  ];
  return rows
    .map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`)
    .join('');
}

export function cpuSecondsText(world: World, node: LabNode): string {
  const { cores, ...total } = cpuSeconds(world, node);
  const ticks = (seconds: number): number => Math.floor(seconds * TICKS_PER_SECOND);
  const row = (name: string, share: number): string =>
    `${name} ${[
      total.user,
      total.nice,
      total.system,
      total.idle,
      total.iowait,
      total.irq,
      total.softIrq,
    ]
      .map((seconds) => ticks(seconds * share))
      .join(' ')} 0 0 0\n`;
  const each = Array.from({ length: cores }, (_, index) => row(`cpu${index}`, 1 / cores));
  return `${row('cpu ', 1)}${each.join('')}btime ${Math.floor(node.bootedAtMs / 1000)}\n`;
}

export function mountsText(view: NodeView): string {
  const system = partitions(view).flatMap(({ label, device }) => {
    if (label === 'EPHEMERAL') return [`${device} /var xfs rw,nosuid,noatime 0 0\n`];
    return label === 'STATE' ? [`${device} /system/state xfs rw,nosuid,noexec 0 0\n`] : [];
  });
  return `rootfs / squashfs ro 0 0\nproc /proc proc rw 0 0\nsysfs /sys sysfs rw 0 0\n${system.join('')}`;
}
