import { createHash } from 'node:crypto';
import { hasPveQuorum, isSeenBy } from '../world/pve-hosts.js';
import { storageFigures } from '../world/storage.js';
import type { LabPveHost, LabStorage, World } from '../world/types.js';
import { hostCpuRatio, hostMemoryUsedBytes } from '../world/usage.js';
import { type Asker, isAllowed } from './access.js';
import { guestResource } from './guests.js';
import { seconds, shuffled } from './order.js';
import { died, PveRefusal } from './refusal.js';
import type { Call } from './route.js';

/** Whose view of the cluster it is. */
type Asked = Pick<Call, 'world' | 'host'>;

const KERNEL = '6.17.2-1-pve';

/** pveproxy gives up on a host that answers no ARP after three seconds, on a silent one after thirty. */
const NO_ROUTE_AFTER_MS = 3000;
const PROXY_TIMEOUT_MS = 30_000;

/** @throws PveRefusal 500 on an unknown name, 595 when the node is off, 596 when it hangs */
export function hostNamed({ world, host: asked }: Asked, name: string): LabPveHost {
  const host = name === 'localhost' ? asked : world.pveHosts.get(name);
  if (host === undefined) {
    throw died(
      `hostname lookup '${name}' failed - failed to get address info for: ${name}: Name or service not known`,
    );
  }
  if (host.isHung) {
    throw new PveRefusal(596, 'Connection timed out', undefined, PROXY_TIMEOUT_MS);
  }
  if (!host.isOnline) {
    throw new PveRefusal(595, 'No route to host', undefined, NO_ROUTE_AFTER_MS);
  }
  return host;
}

const uptimeOf = (world: World, host: LabPveHost): number =>
  seconds(world.clock.now() - host.bootedAtMs);

function hostUsage(world: World, host: LabPveHost) {
  return {
    uptime: uptimeOf(world, host),
    maxcpu: host.cpuCount,
    cpu: hostCpuRatio(world, host),
    maxmem: host.memoryTotalBytes,
    mem: hostMemoryUsedBytes(world, host),
    maxdisk: host.rootTotalBytes,
    disk: host.rootUsedBytes,
  };
}

/** `online` is corosync's word: a host outside of the quorum may run very well. */
const hostEntry = (world: World, asked: LabPveHost, host: LabPveHost) => ({
  id: `node/${host.name}`,
  type: 'node',
  node: host.name,
  status: isSeenBy(world, asked, host) ? 'online' : 'offline',
  level: '',
  ...(host === asked || host.silentSinceMs === null ? hostUsage(world, host) : {}),
});

const hosts = (world: World): readonly LabPveHost[] =>
  shuffled(world, [...world.pveHosts.values()], ({ name }) => name);

export const nodeList = ({ world, host: asked }: Asked, fingerprint: string) =>
  hosts(world).map((host) => ({
    ...hostEntry(world, asked, host),
    ssl_fingerprint: fingerprint,
  }));

/** A single host has no `cluster` entry and the node id 0. */
export function clusterStatus({ world, host: asked }: Asked) {
  const all = hosts(world);
  const isSingle = all.length === 1;
  const nodes = all.map((host) => ({
    type: 'node',
    id: `node/${host.name}`,
    name: host.name,
    nodeid: isSingle ? 0 : host.nodeId,
    ip: host.address,
    local: host === asked ? 1 : 0,
    online: isSeenBy(world, asked, host) ? 1 : 0,
    level: '',
  }));
  const cluster = {
    type: 'cluster',
    id: 'cluster',
    name: world.facts.clusterName,
    version: all.length,
    nodes: all.length,
    quorate: hasPveQuorum(world, asked) ? 1 : 0,
  };
  return isSingle ? nodes : [cluster, ...nodes];
}

export function nodeStatus(world: World, host: LabPveHost) {
  const cpu = hostCpuRatio(world, host);
  const used = hostMemoryUsedBytes(world, host);
  const load = (factor: number): string => (cpu * host.cpuCount * factor).toFixed(2);
  return {
    uptime: uptimeOf(world, host),
    idle: 0,
    loadavg: [load(1), load(0.94), load(0.9)],
    cpu,
    wait: cpu / 80,
    kversion: `Linux ${KERNEL} #1 SMP PREEMPT_DYNAMIC PMX ${KERNEL} (2025-10-21T11:55Z)`,
    'current-kernel': {
      sysname: 'Linux',
      release: KERNEL,
      version: `#1 SMP PREEMPT_DYNAMIC PMX ${KERNEL} (2025-10-21T11:55Z)`,
      machine: 'x86_64',
    },
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpuinfo: {
      model: 'AMD EPYC 7402P 24-Core Processor',
      cores: host.cpuCount / 2,
      cpus: host.cpuCount,
      sockets: 1,
      mhz: '2794.748',
      hvm: '1',
      flags: 'fpu vme de pse tsc msr pae svm',
      user_hz: 100,
    },
    memory: {
      total: host.memoryTotalBytes,
      used,
      free: Math.floor((host.memoryTotalBytes - used) * 0.3),
      available: host.memoryTotalBytes - used,
    },
    swap: { total: 0, used: 0, free: 0 },
    ksm: { shared: 0 },
    rootfs: {
      total: host.rootTotalBytes,
      used: host.rootUsedBytes,
      avail: Math.floor((host.rootTotalBytes - host.rootUsedBytes) * 0.95),
      free: host.rootTotalBytes - host.rootUsedBytes,
    },
    pveversion: `pve-manager/${world.facts.pveVersion}/${repositoryId(world)}`,
  };
}

/** Of the commit that pve-manager was built from. */
export const repositoryId = ({ facts }: World): string =>
  createHash('sha1').update(facts.pveVersion).digest('hex').slice(0, 16);

const storageResource = (world: World, asked: LabPveHost, storage: LabStorage) => {
  const host = world.pveHosts.get(storage.pveNode);
  const isKnown = storage.isActive && (host === asked || host?.silentSinceMs === null);
  const figures = storageFigures(world, storage);
  return {
    id: `storage/${storage.pveNode}/${storage.name}`,
    type: 'storage',
    storage: storage.name,
    node: storage.pveNode,
    plugintype: storage.type,
    shared: 0,
    status: isKnown ? 'available' : 'unknown',
    content: storage.content,
    ...(isKnown ? { maxdisk: figures.totalBytes, disk: figures.usedBytes } : {}),
  };
};

const vmPath = (id: string): string => id.replace(/^qemu/, '/vms');
const storagePath = (id: string): string => `/storage/${id.split('/')[2] ?? ''}`;

export function clusterResources(asked: Asked & Asker, type: string | undefined) {
  const { world, host } = asked;
  const all = [
    ...[...world.vms.values()].map((vm) => guestResource(world, host, vm)),
    ...hosts(world).map((each) => ({ ...hostEntry(world, host, each), 'cgroup-mode': 2 })),
    ...world.storages.map((storage) => storageResource(world, host, storage)),
    ...hosts(world).map(({ name }) => ({
      id: `sdn/${name}/localnetwork`,
      type: 'sdn',
      node: name,
      sdn: 'localnetwork',
      status: 'ok',
    })),
  ];
  const wanted = type === 'vm' ? 'qemu' : type;
  const isVisible = (entry: { readonly type: string; readonly id: string }): boolean =>
    (entry.type !== 'qemu' || isAllowed(asked, vmPath(entry.id), 'VM.Audit')) &&
    (entry.type !== 'storage' ||
      isAllowed(asked, storagePath(entry.id), 'Datastore.Audit|Datastore.AllocateSpace'));
  return shuffled(
    world,
    all.filter((entry) => isVisible(entry) && (wanted === undefined || entry.type === wanted)),
    ({ id }) => id,
  );
}
