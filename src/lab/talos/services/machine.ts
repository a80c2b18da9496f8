import { status } from '@grpc/grpc-js';
import { vmOf, writtenBytesOf } from '../../world/vm.js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { timestamp } from '../collection.js';
import { isXid } from '../event-frames.js';
import { Failure } from '../failure.js';
import { partitionsOf } from '../kinds/storage.js';
import { ADMINS, READERS } from '../roles.js';
import { cpuSeconds, loadAverage, memoryKib } from '../usage.js';
import { ETCD_METHODS } from './etcd.js';

function version({ node }: CallContext): object {
  return {
    version: {
      tag: node.talosVersion,
      sha: '4f8b9d2e',
      built: '',
      go_version: 'go1.25.7',
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

/** EPHEMERAL holds what the guest has written; xfs keeps a little for its log. */
function mounts({ talos, node }: CallContext): object {
  const vm = vmOf(talos.world, node);
  const disk = vm?.disks.find(({ slot }) => slot === 'scsi0');
  if (vm === undefined || disk === undefined) return { stats: [] };
  const stats = partitionsOf(disk.sizeBytes).flatMap((partition) => {
    const isEphemeral = partition.label === 'EPHEMERAL';
    if (!isEphemeral && partition.label !== 'STATE') return [];
    const size = Math.floor(partition.size * 0.993);
    const used = isEphemeral ? writtenBytesOf(talos.world, vm, disk) : 6 * 1024 ** 2;
    return [
      {
        filesystem: `/dev/sda${partition.index}`,
        size,
        available: Math.max(0, size - used),
        mounted_on: isEphemeral ? '/var' : '/system/state',
      },
    ];
  });
  return { stats };
}

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

async function read({ node }: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const { path } = message as { readonly path: string };
  if (path !== BOOT_ID_PATH) {
    throw new Failure(status.UNKNOWN, `stat ${path}: no such file or directory`);
  }
  if (!(await outlet.ready())) return;
  outlet.write({ bytes: Buffer.from(`${node.bootId}\n`) });
  outlet.end();
}

interface EventsRequest {
  readonly tail_events: number;
  readonly tail_id: string;
  readonly tail_seconds: number;
  readonly with_actor_id: string;
}

/** The first frame is an empty hello: tracked actions block on it (talos-wire.md §9). */
function events({ talos, node }: CallContext, message: object, outlet: StreamOutlet): void {
  const request = message as EventsRequest;
  const log = talos.eventsOf(node);
  if (request.tail_id !== '' && !isXid(request.tail_id)) {
    throw new Failure(status.UNKNOWN, `error parsing tail_id: xid: invalid ID`);
  }
  const history =
    request.tail_id !== ''
      ? log.after(request.tail_id)
      : request.tail_seconds > 0
        ? log.since(request.tail_seconds)
        : log.tail(request.tail_events);
  const isWanted = (actorId: string): boolean =>
    request.with_actor_id === '' || actorId === request.with_actor_id;
  const waiting: object[] = [
    {
      data: { type_url: '', value: Buffer.alloc(0) },
      id: log.nextId(),
      actor_id: request.with_actor_id,
    },
    ...history.filter((frame) => isWanted(frame.actor_id)),
  ];
  const pump = (): void => {
    while (outlet.isReady) {
      const frame = waiting.shift();
      if (frame === undefined) return;
      outlet.write(frame);
    }
  };
  outlet.onClose(
    log.subscribe((frame) => {
      if (!isWanted(frame.actor_id)) return;
      waiting.push(frame);
      pump();
    }),
  );
  outlet.onReady(pump);
  pump();
}

const reading = (answer: (context: CallContext) => object) =>
  ({ kind: 'unary', isWrapped: true, roles: READERS, answer }) as const;

export const MACHINE_SERVICE: Service = {
  name: 'machine.MachineService',
  file: 'machine.proto',
  fansOut: true,
  methods: {
    Version: reading(version),
    Hostname: reading(({ node }) => ({ hostname: node.hostname })),
    ServiceList: reading(serviceList),
    SystemStat: reading(systemStat),
    Memory: reading(memory),
    LoadAvg: reading(loadAvg),
    Mounts: reading(mounts),
    Read: { kind: 'stream', roles: ADMINS, answer: read },
    Events: { kind: 'stream', roles: READERS, answer: events },
    ...ETCD_METHODS,
  },
};
