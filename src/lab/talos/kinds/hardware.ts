import { coresOf, memoryBytesOf, vmOf } from '../../world/vm.js';
import { cpuSeconds, memoryKib } from '../usage.js';
import { type Kind, kind, type NodeView, resource } from './kind.js';

const MIB = 1024 ** 2;

export const HARDWARE_KINDS: readonly Kind[] = [
  kind(
    'hardware',
    'SystemInformations.hardware.talos.dev',
    {
      owner: 'hardware.SystemInfoController',
    },
    ({ node }) => [
      resource('systeminformation', {
        manufacturer: 'QEMU',
        productName: 'Standard PC (Q35 + ICH9, 2009)',
        version: 'pc-q35-10.1',
        uuid: node.smbiosUuid,
        wakeUpType: 'Power Switch',
      }),
    ],
  ),
  kind(
    'hardware',
    'Processors.hardware.talos.dev',
    {
      owner: 'hardware.SystemInfoController',
    },
    ({ world, node }) => {
      const vm = vmOf(world, node);
      const cores = vm === undefined ? 1 : coresOf(vm);
      return [
        resource('CPU-0', {
          socket: 'CPU 0',
          manufacturer: 'QEMU',
          productName: 'pc-q35-10.1',
          maxSpeedMhz: 2000,
          bootSpeedMhz: 2000,
          status: 65,
          coreCount: cores,
          coreEnabled: cores,
          threadCount: cores,
        }),
      ];
    },
  ),
  kind(
    'hardware',
    'MemoryModules.hardware.talos.dev',
    {
      owner: 'hardware.SystemInfoController',
    },
    ({ world, node }) => {
      const vm = vmOf(world, node);
      return vm === undefined
        ? []
        : [
            resource('DIMM-0', {
              sizeMiB: memoryBytesOf(vm) / MIB,
              deviceLocator: 'DIMM 0',
              manufacturer: 'QEMU',
            }),
          ];
    },
  ),
  kind(
    'perf',
    'CPUStats.perf.talos.dev',
    {
      owner: 'perf.StatsController',
      follows: ['perf'],
    },
    cpuStats,
  ),
  kind(
    'perf',
    'MemoryStats.perf.talos.dev',
    {
      owner: 'perf.StatsController',
      follows: ['perf'],
    },
    memoryStats,
  ),
];

function cpuStats({ world, node }: NodeView) {
  const { cores, ...total } = cpuSeconds(world, node);
  const stat = (share: number) => ({
    user: round(total.user * share),
    nice: 0,
    system: round(total.system * share),
    idle: round(total.idle * share),
    iowait: round(total.iowait * share),
    irq: round(total.irq * share),
    softIrq: round(total.softIrq * share),
    steal: 0,
    guest: 0,
    guestNice: 0,
  });
  const seconds = Math.floor(total.idle + total.user);
  return [
    resource('latest', {
      cpu: Array.from({ length: cores }, () => stat(1 / cores)),
      cpuTotal: stat(1),
      irqTotal: seconds * 310,
      contextSwitches: seconds * 620,
      processCreated: Math.floor(seconds * 1.7),
      processRunning: 2,
      processBlocked: 0,
      softIrqTotal: seconds * 240,
    }),
  ];
}

const round = (seconds: number): number => Math.round(seconds * 100) / 100;

/** The other lines of /proc/meminfo: nothing that a node of the lab has. */
const UNUSED = [
  'swapTotal',
  'swapFree',
  'dirty',
  'writeback',
  'nfsunstable',
  'bounce',
  'writeBacktmp',
  'vmallocChunk',
  'hardwareCorrupted',
  'hugePagesTotal',
  'hugePagesFree',
  'hugePagesRsvd',
  'hugePagesSurp',
];

function memoryStats({ world, node }: NodeView) {
  const memory = memoryKib(world, node);
  return [
    resource('latest', {
      total: memory.total,
      // Unlike `talosctl memory`: total − free (talos.md §2.5).
      used: memory.total - memory.free,
      available: memory.available,
      buffers: memory.buffers,
      cached: memory.cached,
      swapCached: 0,
      active: memory.active,
      inactive: memory.inactive,
      slab: memory.slab,
      sreclaimable: Math.floor(memory.slab * 0.6),
      sunreclaim: Math.ceil(memory.slab * 0.4),
      commitLimit: Math.floor(memory.total / 2),
      commitTedas: Math.floor(memory.total * 0.9),
      ...Object.fromEntries(UNUSED.map((name) => [name, 0])),
    }),
  ];
}
