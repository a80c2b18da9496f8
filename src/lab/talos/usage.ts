import type { LabNode, World } from '../world/types.js';
import { cpuRatioOf, cpuSampleOf, memoryUsedBytesOf } from '../world/usage.js';
import { coresOf, memoryBytesOf, vmOf } from '../world/vm.js';

const KIB = 1024;
/** What firmware and kernel keep for themselves before Linux counts. */
const RESERVED_KIB = 98_304;

/** Seconds since boot, summed over all cores, as /proc/stat splits them. */
export interface CpuSeconds {
  readonly cores: number;
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softIrq: number;
}

/** /proc/meminfo counts in kB. */
export interface MemoryKib {
  readonly total: number;
  readonly free: number;
  readonly available: number;
  readonly buffers: number;
  readonly cached: number;
  readonly slab: number;
  readonly active: number;
  readonly inactive: number;
}

/** The world knows busy and idle; the split is that of an ordinary Kubernetes node. */
export function cpuSeconds(world: World, node: LabNode): CpuSeconds {
  const vm = vmOf(world, node);
  const { busySeconds, totalSeconds } = cpuSampleOf(world, node);
  return {
    cores: vm === undefined ? 1 : coresOf(vm),
    user: hundredths(busySeconds * 0.66),
    nice: 0,
    system: hundredths(busySeconds * 0.27),
    iowait: hundredths((totalSeconds - busySeconds) * 0.004),
    irq: hundredths(busySeconds * 0.03),
    softIrq: hundredths(busySeconds * 0.04),
    idle: hundredths((totalSeconds - busySeconds) * 0.996),
  };
}

/** The kernel counts in ticks of 10 ms. */
const hundredths = (seconds: number): number => Math.max(0, Math.floor(seconds * 100) / 100);

/** Runnable tasks follow the cores in use; the longer means are flatter. */
export function loadAverage(world: World, node: LabNode): readonly [number, number, number] {
  const { cores } = cpuSeconds(world, node);
  const { busySeconds, totalSeconds } = cpuSampleOf(world, node);
  const now = cpuRatioOf(world, node) * cores * 1.15;
  const sinceBoot = totalSeconds > 0 ? (busySeconds / totalSeconds) * cores * 1.15 : now;
  const mix = (share: number): number => hundredths(now * share + sinceBoot * (1 - share));
  return [mix(1), mix(0.5), mix(0.2)];
}

export function memoryKib(world: World, node: LabNode): MemoryKib {
  const vm = vmOf(world, node);
  const total = vm === undefined ? 0 : Math.floor(memoryBytesOf(vm) / KIB) - RESERVED_KIB;
  const used = Math.min(total, Math.floor(memoryUsedBytesOf(world, node) / KIB));
  const available = total - used;
  const cached = Math.floor(available * 0.62);
  const buffers = Math.floor(available * 0.02);
  return {
    total,
    available,
    free: available - cached - buffers,
    buffers,
    cached,
    slab: Math.floor(total * 0.055),
    active: Math.floor(used * 0.7),
    inactive: Math.floor(cached * 0.8),
  };
}
