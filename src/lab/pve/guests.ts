import { isForgotten } from '../world/pve-hosts.js';
import { fractionOf } from '../world/random.js';
import type { LabPveHost, LabVm, LabVmReport, World } from '../world/types.js';
import { vmCpuRatio, vmMemoryBytes, vmUptimeSeconds } from '../world/usage.js';
import { configDigest, coresOf, memoryBytesOf, mergedConfig } from '../world/vm.js';
import { shuffled } from './order.js';
import { missingGuest } from './refusal.js';

/** @throws PveRefusal 500: a missing guest is no 404 */
export function guestOn(world: World, node: string, vmid: string): LabVm {
  const vm = world.vms.get(Number(vmid));
  if (vm === undefined || vm.pveNode !== node) throw missingGuest(node, vmid);
  return vm;
}

interface Counters {
  readonly netin: number;
  readonly netout: number;
  readonly diskread: number;
  readonly diskwrite: number;
}

/** Bytes since QEMU started: a few kB per second, different for every guest. */
function counters(world: World, vm: LabVm): Counters {
  const uptime = vm.status === 'running' ? vmUptimeSeconds(world, vm) : 0;
  const rate = (name: string, bytesPerSecond: number): number =>
    Math.floor(
      uptime * bytesPerSecond * (0.5 + fractionOf(world.facts.seed, `${name}:${vm.vmId}`)),
    );
  return {
    netin: rate('netin', 41_000),
    netout: rate('netout', 38_000),
    diskread: rate('diskread', 5200),
    diskwrite: rate('diskwrite', 61_000),
  };
}

const bootDiskBytes = (vm: LabVm): number => {
  const slot = /order=([a-z]+\d+)/.exec(String(vm.config.boot ?? ''))?.[1] ?? 'scsi0';
  const disk = vm.disks.find((each) => each.slot === slot) ?? vm.disks.at(-1);
  return disk?.sizeBytes ?? 0;
};

/** What `qemu`, `status/current` and `cluster/resources` have in common. */
function usage(world: World, vm: LabVm) {
  const isRunning = vm.status === 'running';
  const mem = vmMemoryBytes(world, vm);
  return {
    vmid: vm.vmId,
    name: String(vm.config.name ?? `VM ${vm.vmId}`),
    uptime: isRunning ? vmUptimeSeconds(world, vm) : 0,
    cpu: isRunning ? vmCpuRatio(world, vm) : 0,
    maxmem: memoryBytesOf(vm),
    mem,
    ...(isRunning ? { memhost: Math.floor(mem * 1.06) } : {}),
    maxdisk: bootDiskBytes(vm),
    disk: 0,
    ...counters(world, vm),
    ...(vm.lock === null ? {} : { lock: vm.lock }),
    ...(vm.config.tags === undefined ? {} : { tags: String(vm.config.tags) }),
    ...(vm.haState === null ? {} : { hastate: vm.haState }),
  };
}

/**
 * One entry of `cluster/resources`: its status is QEMU's own state while it runs. Of a host that does not report
 * the last figures are shown, and after five minutes nothing but what its configuration file says.
 */
export function guestResource(world: World, asked: LabPveHost, vm: LabVm) {
  const host = world.pveHosts.get(vm.pveNode);
  if (host !== undefined && host !== asked && vm.lastReport !== null) {
    return silentResource(world, host, vm, vm.lastReport);
  }
  return {
    id: `qemu/${vm.vmId}`,
    type: 'qemu',
    node: vm.pveNode,
    status: vm.status === 'running' ? vm.qmpStatus : 'stopped',
    template: vm.isTemplate ? 1 : 0,
    maxcpu: coresOf(vm),
    ...usage(world, vm),
  };
}

function silentResource(world: World, host: LabPveHost, vm: LabVm, report: LabVmReport) {
  const known = {
    id: `qemu/${vm.vmId}`,
    type: 'qemu',
    node: vm.pveNode,
    vmid: vm.vmId,
    template: vm.isTemplate ? 1 : 0,
    ...(vm.lock === null ? {} : { lock: vm.lock }),
    ...(vm.config.tags === undefined ? {} : { tags: String(vm.config.tags) }),
  };
  if (isForgotten(world, host)) return { ...known, status: 'unknown' };
  return {
    ...usage(world, vm),
    ...known,
    status: report.status,
    maxcpu: coresOf(vm),
    uptime: report.uptimeSeconds,
    cpu: report.cpuRatio,
    mem: report.memoryBytes,
  };
}

const PRESSURES = ['cpusome', 'cpufull', 'iosome', 'iofull', 'memorysome', 'memoryfull'];

function listEntry(world: World, vm: LabVm) {
  return {
    ...usage(world, vm),
    status: vm.status,
    cpus: coresOf(vm),
    ...(vm.isTemplate ? { template: 1 } : {}),
    ...(vm.pid === null ? {} : { pid: vm.pid }),
    ...(vm.config.serial0 === undefined ? {} : { serial: 1 }),
    ...(vm.status === 'running'
      ? Object.fromEntries(PRESSURES.map((name) => [`pressure${name}`, 0]))
      : {}),
  };
}

/** Without `full` nobody asks QEMU, so disk counters are 0. */
export function guestList(world: World, node: string) {
  const vms = [...world.vms.values()].filter((vm) => vm.pveNode === node);
  return shuffled(world, vms, (vm) => `qemu${vm.vmId}`).map((vm) => ({
    ...listEntry(world, vm),
    diskread: 0,
    diskwrite: 0,
  }));
}

export function guestStatus(world: World, vm: LabVm) {
  const isRunning = vm.status === 'running';
  const hasAgent = /^(enabled=)?1/.test(String(vm.config.agent ?? ''));
  return {
    ...listEntry(world, vm),
    qmpstatus: isRunning ? vm.qmpStatus : 'stopped',
    ha: vm.haState === null ? { managed: 0 } : { managed: 1, state: vm.haState },
    ...(hasAgent ? { agent: 1 } : {}),
    ...(isRunning
      ? {
          'running-machine': 'pc-q35-10.1+pve0',
          'running-qemu': '10.1.2',
          nics: { [`tap${vm.vmId}i0`]: network(world, vm) },
        }
      : {}),
  };
}

function network(world: World, vm: LabVm) {
  const { netin, netout } = counters(world, vm);
  return { netin, netout };
}

/** `current` leaves pending changes out. */
export const guestConfig = (vm: LabVm, current: boolean) => ({
  ...(current ? vm.config : mergedConfig(vm)),
  ...(vm.lock === null ? {} : { lock: vm.lock }),
  digest: configDigest(vm),
});

export function guestPending(vm: LabVm) {
  const keys = new Set([...Object.keys(vm.config), ...Object.keys(vm.pending)]);
  return [...keys].map((key) => {
    const value = vm.config[key];
    const pending = vm.pending[key];
    return {
      key,
      ...(value === undefined ? {} : { value }),
      ...(pending === undefined ? {} : pending === null ? { delete: 1 } : { pending }),
    };
  });
}
