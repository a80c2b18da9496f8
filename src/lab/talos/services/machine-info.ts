import { createHash } from 'node:crypto';
import { talosMinor } from '../../world/talos-version.js';
import { coresOf, vmOf, writtenBytesOf } from '../../world/vm.js';
import type { CallContext, Method } from '../calls.js';
import { timestamp } from '../collection.js';
import { disksOf, partitions } from '../kinds/storage.js';
import { READERS } from '../roles.js';
import { diskDevices, networkDevices } from '../runtime/counters.js';
import { processesOf } from '../runtime/processes.js';
import { cpuSeconds, loadAverage, memoryKib } from '../usage.js';

/** What the releases of a minor were built with. */
const GO_VERSION: Readonly<Record<number, string>> = {
  11: 'go1.24.9',
  12: 'go1.25.7',
  13: 'go1.26.3',
  14: 'go1.26.8',
};

const CPU_FLAGS =
  'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc rep_good nopl cpuid pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm abm bmi1 avx2 bmi2 erms';

function version({ node }: CallContext): object {
  const { talosVersion } = node;
  return {
    version: {
      tag: talosVersion,
      sha: createHash('sha256').update(talosVersion).digest('hex').slice(0, 8),
      built: '',
      go_version: GO_VERSION[talosMinor(talosVersion)] ?? 'go1.25.7',
      os: 'linux',
      arch: 'amd64',
    },
    platform: { name: node.platform, mode: node.platform === 'metal' ? 'metal' : 'cloud' },
    features: { rbac: true },
  };
}

function serviceList({ node }: CallContext): object {
  const services = [...node.services.values()].map((service) => ({
    id: service.id,
    state: service.state,
    events: {
      events: service.events.map(({ atMs, state, message }) => ({
        msg: message,
        state,
        ts: timestamp(atMs),
      })),
    },
    health: {
      unknown: service.isHealthy === null,
      healthy: service.isHealthy === true,
      last_message: service.lastMessage,
      last_change: timestamp(service.healthChangedAtMs),
    },
  }));
  return { services };
}

function systemStat({ talos, node }: CallContext): object {
  const { cores, ...total } = cpuSeconds(talos.world, node);
  const stat = (share: number): object => ({
    user: total.user * share,
    nice: 0,
    system: total.system * share,
    idle: total.idle * share,
    iowait: total.iowait * share,
    irq: total.irq * share,
    soft_irq: total.softIrq * share,
  });
  const seconds = Math.floor((talos.world.clock.now() - node.bootedAtMs) / 1000);
  return {
    boot_time: Math.floor(node.bootedAtMs / 1000),
    cpu_total: stat(1),
    cpu: Array.from({ length: cores }, () => stat(1 / cores)),
    irq_total: seconds * 1200,
    context_switches: seconds * 2500,
    process_created: Math.floor(seconds * 1.7),
    process_running: 2,
    process_blocked: 0,
    soft_irq_total: seconds * 960,
  };
}

function memory({ talos, node }: CallContext): object {
  const figures = memoryKib(talos.world, node);
  return {
    meminfo: {
      memtotal: figures.total,
      memfree: figures.free,
      memavailable: figures.available,
      buffers: figures.buffers,
      cached: figures.cached,
      active: figures.active,
      inactive: figures.inactive,
      slab: figures.slab,
      commitlimit: Math.floor(figures.total / 2),
      committedas: Math.floor(figures.total * 0.9),
    },
  };
}

function loadAvg({ talos, node }: CallContext): object {
  const [load1, load5, load15] = loadAverage(talos.world, node);
  return { load1, load5, load15 };
}

function cpuInfo({ talos, node }: CallContext): object {
  const vm = vmOf(talos.world, node);
  const cores = vm === undefined ? 1 : coresOf(vm);
  return {
    cpu_info: Array.from({ length: cores }, (_, processor) => ({
      processor,
      vendor_id: 'GenuineIntel',
      cpu_family: '6',
      model: '158',
      model_name: 'Intel(R) Xeon(R) E-2278G CPU @ 3.40GHz',
      stepping: '13',
      microcode: '0x100',
      cpu_mhz: 3408,
      cache_size: '16384 KB',
      physical_id: '0',
      siblings: cores,
      core_id: String(processor),
      cpu_cores: cores,
      apic_id: String(processor),
      initial_apic_id: String(processor),
      fpu: 'yes',
      fpu_exception: 'yes',
      cpu_id_level: 22,
      wp: 'yes',
      flags: CPU_FLAGS.split(' '),
      bogo_mips: 6816,
      cl_flush_size: 64,
      cache_alignment: 64,
      address_sizes: '39 bits physical, 48 bits virtual',
    })),
  };
}

/** A guest's processors have no frequency driver: zeros, as machined answers there. */
function cpuFreqStats({ talos, node }: CallContext): object {
  const { cores } = cpuSeconds(talos.world, node);
  return { cpu_freq_stats: Array.from({ length: cores }, () => ({ governor: '' })) };
}

/** EPHEMERAL holds what the guest has written; xfs keeps a little for its log. */
function mounts({ talos, node }: CallContext): object {
  const { world, lab } = talos;
  const vm = vmOf(world, node);
  const disk = vm?.disks.find(({ slot }) => slot === node.machine.systemDisk?.slot);
  const stats = partitions({ lab, world, node }).flatMap(({ label, size: bytes, device }) => {
    const mountedOn = MOUNTED_ON[label];
    if (mountedOn === undefined) return [];
    const size = Math.floor(bytes * 0.993);
    const written = vm && disk ? writtenBytesOf(world, vm, disk) : 0;
    const used = label === 'EPHEMERAL' ? written : 6 * 1024 ** 2;
    return [
      { filesystem: device, size, available: Math.max(0, size - used), mounted_on: mountedOn },
    ];
  });
  return { stats };
}

const MOUNTED_ON: Readonly<Record<string, string>> = { EPHEMERAL: '/var', STATE: '/system/state' };

function processes({ talos, node }: CallContext): object {
  return {
    processes: processesOf(talos.world, node).map((process) => ({
      pid: process.pid,
      ppid: process.ppid,
      state: process.state,
      threads: process.threads,
      cpu_time: process.cpuSeconds,
      virtual_memory: process.virtualBytes,
      resident_memory: process.residentBytes,
      command: process.command,
      executable: process.executable,
      args: process.args,
      label: process.label,
    })),
  };
}

const diskStats = ({ talos, node }: CallContext): object => {
  const names = disksOf(talos.world, node).map(({ name }) => name);
  return diskDevices(talos.world, node, [...names, 'sr0', 'loop0']);
};

const reading = (answer: (context: CallContext) => object) =>
  ({ kind: 'unary', isWrapped: true, roles: READERS, answer }) as const;

export const INFO_METHODS: Readonly<Record<string, Method>> = {
  Version: reading(version),
  Hostname: reading(({ node }) => ({ hostname: node.hostname })),
  ServiceList: reading(serviceList),
  SystemStat: reading(systemStat),
  Memory: reading(memory),
  LoadAvg: reading(loadAvg),
  CPUInfo: reading(cpuInfo),
  CPUFreqStats: reading(cpuFreqStats),
  Mounts: reading(mounts),
  Processes: reading(processes),
  DiskStats: reading(diskStats),
  NetworkDeviceStats: reading(({ talos, node }) =>
    networkDevices(talos.world, node, node.machine.linkName),
  ),
};
