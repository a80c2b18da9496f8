import { fractionOf } from './random.js';
import type { LabNode, LabPveHost, LabVm, World } from './types.js';
import { coresOf, memoryBytesOf, nodeOfVm, vmOf } from './vm.js';

const GIB = 1024 ** 3;
/** Three waves that never line up: looks like load, and has an exact integral for counters. */
const PERIODS_MS = [41_000, 233_000, 1_930_000] as const;

interface Load {
  readonly base: number;
  readonly waves: readonly {
    readonly height: number;
    readonly periodMs: number;
    readonly phase: number;
  }[];
}

export interface CpuSample {
  /** Counters since boot, over all cores. */
  readonly busySeconds: number;
  readonly totalSeconds: number;
}

function cpuLoad(world: World, node: LabNode): Load {
  const share = (name: string): number => fractionOf(world.facts.seed, `${name}:${node.hostname}`);
  const base =
    node.role === 'controlplane' ? 0.09 + 0.08 * share('cpu') : 0.14 + 0.26 * share('cpu');
  return { base, waves: wavesOf(base * 0.32, share) };
}

const wavesOf = (height: number, share: (name: string) => number): Load['waves'] =>
  PERIODS_MS.map((periodMs, index) => ({ height, periodMs, phase: share(`phase${index}`) }));

const ratioAt = (load: Load, ms: number): number =>
  load.waves.reduce(
    (sum, { height, periodMs, phase }) =>
      sum + height * Math.sin(2 * Math.PI * (ms / periodMs + phase)),
    load.base,
  );

/** ∫ ratio dt in seconds. */
function integral(load: Load, fromMs: number, toMs: number): number {
  const primitive = (ms: number): number =>
    load.waves.reduce(
      (sum, { height, periodMs, phase }) =>
        sum -
        ((height * periodMs) / (2 * Math.PI)) * Math.cos(2 * Math.PI * (ms / periodMs + phase)),
      load.base * ms,
    );
  return (primitive(toMs) - primitive(fromMs)) / 1000;
}

/** 0–1 over all cores; 0 while the machine is off. */
export const cpuRatioOf = (world: World, node: LabNode): number =>
  node.isUp ? ratioAt(cpuLoad(world, node), world.clock.now()) : 0;

export function cpuSampleOf(world: World, node: LabNode): CpuSample {
  const vm = vmOf(world, node);
  const cores = vm === undefined ? 1 : coresOf(vm);
  const nowMs = world.clock.now();
  return {
    busySeconds: cores * integral(cpuLoad(world, node), node.bootedAtMs, nowMs),
    totalSeconds: (cores * (nowMs - node.bootedAtMs)) / 1000,
  };
}

/** What the guest itself calls used (total − available). */
export function memoryUsedBytesOf(world: World, node: LabNode): number {
  const vm = vmOf(world, node);
  if (vm === undefined || !node.isUp) return 0;
  const share = (name: string): number => fractionOf(world.facts.seed, `${name}:${node.hostname}`);
  const base =
    node.role === 'controlplane' ? 0.46 + 0.12 * share('mem') : 0.34 + 0.24 * share('mem');
  const load = { base, waves: wavesOf(0.018, (name) => share(`mem-${name}`)) };
  return Math.floor(memoryBytesOf(vm) * ratioAt(load, world.clock.now()));
}

/** proxmox.md §7: with `balloon: 0` the host sees nearly all of it in use. */
export const vmMemoryBytes = (world: World, vm: LabVm): number => {
  if (vm.status !== 'running') return 0;
  const share = fractionOf(world.facts.seed, `vm-mem:${vm.vmId}`);
  return Math.floor(memoryBytesOf(vm) * (0.91 + 0.07 * share));
};

export function vmCpuRatio(world: World, vm: LabVm): number {
  const node = nodeOfVm(world, vm.vmId);
  return vm.status === 'running' && node !== undefined ? cpuRatioOf(world, node) * 1.04 : 0;
}

export const vmUptimeSeconds = (world: World, vm: LabVm): number =>
  vm.startedAtMs === null ? 0 : Math.floor((world.clock.now() - vm.startedAtMs) / 1000);

export function hostCpuRatio(world: World, host: LabPveHost): number {
  const busyCores = [...world.vms.values()]
    .filter((vm) => vm.pveNode === host.name)
    .reduce((sum, vm) => sum + vmCpuRatio(world, vm) * coresOf(vm), 0);
  return Math.min(1, 0.012 + busyCores / host.cpuCount);
}

export function hostMemoryUsedBytes(world: World, host: LabPveHost): number {
  const guests = [...world.vms.values()]
    .filter((vm) => vm.pveNode === host.name)
    .reduce((sum, vm) => sum + vmMemoryBytes(world, vm), 0);
  return Math.min(host.memoryTotalBytes, guests + 3 * GIB);
}
