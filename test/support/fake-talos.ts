import { TALOS_KINDS } from '../../src/clients/talos-resources.js';
import type {
  CosiKind,
  CosiResource,
  TalosClient,
  WatchHandlers,
} from '../../src/clients/types.js';
import type { OperatorError } from '../../src/model/errors.js';
import type { EtcdAlarm, EtcdMember } from '../../src/model/etcd.js';
import { NO_LEADER } from '../../src/model/etcd-layer.js';
import type { IpAddress } from '../../src/model/ids.js';
import {
  addressOf,
  aMember,
  anError,
  anEtcdStatus,
  macOf,
  memberIdOf,
  NOW_MS,
  nameOf,
  type Seat,
  silence,
  uuidOf,
} from './builders.js';

type Mood = 'up' | 'dead' | 'hung';

interface Watcher {
  readonly node: IpAddress;
  readonly type: string;
  readonly handlers: WatchHandlers<CosiResource>;
  hasFailed: boolean;
}

/** A Talos cluster behind the client's interface: what a node says, and how it fails, is up to the test. */
export interface FakeTalos {
  readonly client: TalosClient;
  /** Streams that are open now, `10.0.0.11 MachineStatuses`. */
  readonly streams: () => readonly string[];
  readonly calls: readonly string[];
  readonly forgetCalls: () => void;
  /** Watchers and later lists get these. */
  readonly tell: (seat: Seat, kind: CosiKind, specs: readonly unknown[]) => void;
  readonly refuse: (kind: CosiKind, error: OperatorError) => void;
  /** Connections break, calls fail at once. */
  readonly kill: (seat: Seat) => void;
  /** Nothing breaks and nothing answers. */
  readonly hang: (seat: Seat) => void;
  readonly revive: (seat: Seat) => void;
  /** The control plane with this number leads from now on. */
  readonly elect: (number: number) => void;
  readonly setMembers: (members: readonly EtcdMember[]) => void;
  readonly setAlarms: (alarms: readonly EtcdAlarm[]) => void;
}

export const seats = (controlPlanes: number, workers: number): readonly Seat[] =>
  Array.from({ length: controlPlanes + workers }, (_, index) => ({
    number: index + 1,
    isControlPlane: index < controlPlanes,
  }));

const VIP = '10.0.0.20';

/** What the nodes hold and how they feel. */
function createNodes(all: readonly Seat[]) {
  const moods = new Map<IpAddress, Mood>(all.map(({ number }) => [addressOf(number), 'up']));
  const specs = new Map<string, readonly unknown[]>();
  const refused = new Map<string, OperatorError>();
  const calls: string[] = [];
  for (const seat of all) {
    for (const [type, items] of Object.entries(initialSpecs(seat, all))) {
      specs.set(`${addressOf(seat.number)} ${type}`, items);
    }
  }
  return {
    calls,
    refused,
    specs,
    moodOf: (node: IpAddress): Mood => moods.get(node) ?? 'dead',
    setMood: (node: IpAddress, mood: Mood) => moods.set(node, mood),
    itemsOf: (node: IpAddress, type: string): readonly CosiResource[] =>
      (specs.get(`${node} ${type}`) ?? []).map((spec, index) => ({
        ...{ namespace: '', type, id: idOf(spec, index), version: '1', phase: 'running', spec },
      })),
    async answer<T>(node: IpAddress, name: string, value: () => T): Promise<T> {
      calls.push(`${node} ${name}`);
      switch (moods.get(node) ?? 'dead') {
        case 'up':
          return value();
        case 'dead':
          throw silence(`${node}: connection refused`);
        case 'hung':
          return await new Promise(() => {});
      }
    },
  };
}

type Nodes = ReturnType<typeof createNodes>;

function createStreams(nodes: Nodes) {
  const watchers = new Set<Watcher>();
  const emit = (watcher: Watcher) => {
    const { node, type, handlers } = watcher;
    const error = nodes.refused.get(type);
    const mood = nodes.moodOf(node);
    if (mood === 'hung') return;
    if (mood === 'dead' || error !== undefined) {
      if (!watcher.hasFailed) handlers.onError(error ?? silence(`${node}: connection refused`));
      watcher.hasFailed = true;
      return;
    }
    watcher.hasFailed = false;
    handlers.onItems(nodes.itemsOf(node, type));
  };
  const watch: TalosClient['watch'] = (node, { type }, handlers) => {
    const watcher: Watcher = { node, type, handlers, hasFailed: false };
    watchers.add(watcher);
    queueMicrotask(() => {
      if (watchers.has(watcher)) emit(watcher);
    });
    return () => watchers.delete(watcher);
  };
  return {
    watch,
    open: () => [...watchers].map(({ node, type }) => `${node} ${type.split('.')[0]}`).sort(),
    emitWhere(isMeant: (watcher: Watcher) => boolean) {
      for (const watcher of [...watchers]) if (isMeant(watcher)) emit(watcher);
    },
  };
}

interface Etcd {
  leader: number;
  members: readonly EtcdMember[];
  alarms: readonly EtcdAlarm[];
}

export function createFakeTalos(all: readonly Seat[]): FakeTalos {
  const nodes = createNodes(all);
  const streams = createStreams(nodes);
  const etcd: Etcd = {
    leader: 1,
    members: all.filter((seat) => seat.isControlPlane).map((seat) => aMember(seat)),
    alarms: [],
  };
  const change = (seat: Seat, mood: Mood, isTold: boolean) => {
    const node = addressOf(seat.number);
    nodes.setMood(node, mood);
    if (isTold) streams.emitWhere((watcher) => watcher.node === node);
  };

  return {
    client: createClient(all, nodes, streams.watch, etcd),
    streams: streams.open,
    calls: nodes.calls,
    forgetCalls: () => void nodes.calls.splice(0),
    tell(seat, { type }, items) {
      const node = addressOf(seat.number);
      nodes.specs.set(`${node} ${type}`, items);
      streams.emitWhere((watcher) => watcher.node === node && watcher.type === type);
    },
    refuse({ type }, error) {
      nodes.refused.set(type, error);
      streams.emitWhere((watcher) => watcher.type === type);
    },
    kill: (seat) => change(seat, 'dead', true),
    hang: (seat) => change(seat, 'hung', false),
    revive: (seat) => change(seat, 'up', nodes.moodOf(addressOf(seat.number)) === 'dead'),
    elect(number) {
      etcd.leader = number;
    },
    setMembers(members) {
      etcd.members = members;
    },
    setAlarms(alarms) {
      etcd.alarms = alarms;
    },
  };
}

function createClient(
  all: readonly Seat[],
  { answer, itemsOf, refused }: Nodes,
  watch: TalosClient['watch'],
  etcd: Readonly<Etcd>,
): TalosClient {
  const version = { tag: 'v1.12.4', arch: 'amd64', platform: 'nocloud' };
  const service = { id: 'etcd', state: 'Running', health: 'healthy', lastMessage: '' } as const;
  let samples = 0;
  return {
    version: (node) => answer(node, 'version', () => version),
    list: (node, { type }) =>
      answer(node, type, () => {
        const error = refused.get(type);
        if (error !== undefined) throw error;
        return itemsOf(node, type);
      }),
    watch,
    etcdMembers: (node) => answer(node, 'etcdMembers', () => etcd.members),
    etcdStatus: (node) =>
      answer(node, 'etcdStatus', () => {
        const seat = all.find(({ number }) => addressOf(number) === node);
        if (!seat?.isControlPlane) throw anError('unsupported');
        return anEtcdStatus(seat, {
          leaderId: etcd.leader === 0 ? NO_LEADER : memberIdOf(etcd.leader),
        });
      }),
    etcdAlarms: (node) => answer(node, 'etcdAlarms', () => etcd.alarms),
    services: (node) => answer(node, 'services', () => [service]),
    systemSample: (node) =>
      answer(node, 'systemSample', () => {
        samples += 1;
        const memory = { memoryUsedBytes: 1024, memoryTotalBytes: 4096 };
        return { cpuBusySeconds: samples, cpuTotalSeconds: samples * 4, ...memory };
      }),
    readFile: (node, path) =>
      answer(node, path, () => {
        throw anError('not-found');
      }),
    mounts: (node) => answer(node, 'mounts', () => []),
    time: (node) => answer(node, 'time', () => NOW_MS),
    activeEndpoint: () => null,
    close: () => {},
  };
}

function initialSpecs(
  seat: Seat,
  all: readonly Seat[],
): Readonly<Record<string, readonly unknown[]>> {
  const { number, isControlPlane } = seat;
  const address = addressOf(number);
  const vip = number === 1 ? [{ address: `${VIP}/32`, linkName: 'eth0' }] : [];
  return {
    [TALOS_KINDS.machineStatus.type]: [
      { stage: 'running', status: { ready: true, unmetConditions: [] } },
    ],
    [TALOS_KINDS.machineType.type]: [isControlPlane ? 'controlplane' : 'worker'],
    [TALOS_KINDS.hostname.type]: [{ hostname: nameOf(seat) }],
    [TALOS_KINDS.nodeName.type]: [{ nodename: nameOf(seat) }],
    [TALOS_KINDS.systemInformation.type]: [{ uuid: uuidOf(number) }],
    [TALOS_KINDS.addresses.type]: [{ address: `${address}/24`, linkName: 'eth0' }, ...vip],
    [TALOS_KINDS.links.type]: [
      { type: 'ether', kind: '', hardwareAddr: macOf(number), operationalState: 'up' },
    ],
    [TALOS_KINDS.operators.type]: isControlPlane
      ? [{ operator: 'vip', linkName: 'eth0', vip: { ip: VIP } }]
      : [],
    [TALOS_KINDS.extensions.type]: [{ metadata: { name: 'qemu-guest-agent', version: '10.0.2' } }],
    [TALOS_KINDS.members.type]: all.map((each) => ({
      nodeId: `id-${each.number}`,
      addresses: [addressOf(each.number)],
      hostname: nameOf(each),
      machineType: each.isControlPlane ? 'controlplane' : 'worker',
      operatingSystem: 'Talos (v1.12.4)',
    })),
  };
}

const idOf = (spec: unknown, index: number): string =>
  typeof spec === 'object' && spec !== null && 'hardwareAddr' in spec ? 'eth0' : String(index);
