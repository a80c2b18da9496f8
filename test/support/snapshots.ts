import { asPveNodeName } from '../../src/model/ids.js';
import type { PveTask } from '../../src/model/proxmox.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import {
  aCluster,
  aCsr,
  anError,
  aSnapshot,
  aStorage,
  asStale,
  aWorld,
  failed,
  fresh,
  GIB,
  NOW_MS,
  worldSnapshot,
} from './builders.js';
import { aCommand, aRun, aRunStep } from './run-summaries.js';

export const aTask = (overrides: Partial<PveTask> = {}): PveTask => ({
  upid: 'UPID:pve1:00001234',
  pveNode: asPveNodeName('pve1'),
  type: 'qmstart',
  objectId: '101',
  user: 'root@pam',
  startedAtMs: NOW_MS - 60_000,
  endedAtMs: NOW_MS - 58_000,
  exitStatus: 'OK',
  ...overrides,
});

/** The same while no run holds the cluster. */
export const idleSnapshot = (overrides: Partial<Snapshot> = {}): Snapshot =>
  busySnapshot({ runs: fresh([aRun()]), ...overrides });

/** Three control planes, two workers, and something on every screen. */
export function busySnapshot(overrides: Partial<Snapshot> = {}): Snapshot {
  const world = aWorld();
  const nodes = world.nodes.map((node) => ({
    ...node,
    history: {
      cpuRatio: ramp(0.1, 0.01),
      memoryRatio: ramp(0.4, 0.002),
      dbSizeBytes: node.etcd.state === 'fresh' ? ramp(60, 0.1).map((mib) => mib * 1024 ** 2) : [],
    },
  }));
  return worldSnapshot(
    { ...world, nodes },
    {
      csrs: fresh([
        aCsr(),
        aCsr({
          name: 'csr-issued',
          uid: 'uid-2',
          state: 'issued',
          createdAtMs: NOW_MS - 9_000_000,
        }),
      ]),
      pveTasks: fresh([
        aTask(),
        aTask({ upid: 'UPID:2', type: 'vzdump', exitStatus: 'job errors' }),
      ]),
      storages: fresh([aStorage(), aStorage({ name: 'local', type: 'dir', usedBytes: 380 * GIB })]),
      runs: fresh([
        aRun(),
        aRun({
          id: 'active',
          state: 'running',
          startedAtMs: NOW_MS - 4_000,
          endedAtMs: null,
          steps: [
            aRunStep({ id: 'check', title: 'Check free space', detail: '12 GiB free' }),
            aRunStep({ state: 'waiting', detail: '12 MiB so far', endedAtMs: null }),
            aRunStep({
              id: 'verify',
              title: 'Verify the file',
              state: 'pending',
              detail: '',
              startedAtMs: null,
              endedAtMs: null,
            }),
          ],
          pid: 4242,
        }),
      ]),
      commands: [aCommand()],
      ...overrides,
    },
  );
}

const ramp = (from: number, step: number): readonly number[] =>
  Array.from({ length: 60 }, (_, index) => from + index * step);

/** Nothing has answered yet. */
export const waitingSnapshot = (): Snapshot => aSnapshot();

/** Everything was read once, and nothing answers any more. */
export function staleSnapshot(): Snapshot {
  const busy = busySnapshot();
  const nodes = [...busy.talosNodes.values()].map((node) => ({
    ...node,
    version: asStale(node.version),
    status: asStale(node.status),
    links: asStale(node.links),
    addresses: asStale(node.addresses),
    services: asStale(node.services),
    image: asStale(node.image),
    ...(node.etcd.state === 'waiting' ? {} : { etcd: asStale(node.etcd) }),
  }));
  return {
    ...busy,
    talosNodes: new Map(nodes.map((node) => [node.address, node])),
    etcdMembers: asStale(busy.etcdMembers),
    kubeNodes: asStale(busy.kubeNodes),
    kubeHealth: asStale(busy.kubeHealth),
    csrs: asStale(busy.csrs),
    vms: asStale(busy.vms),
    pve: asStale(busy.pve),
    storages: asStale(busy.storages),
    pveTasks: asStale(busy.pveTasks),
  };
}

/** Every source failed before it was ever read. */
export function failedSnapshot(): Snapshot {
  const error = failed(anError('unauthenticated', 'the certificate has expired'));
  return aSnapshot({
    talosMembers: error,
    etcdMembers: error,
    etcdAlarms: error,
    kubeNodes: error,
    kubeHealth: error,
    csrs: error,
    pve: error,
    vms: error,
    storages: error,
    pveTasks: error,
    catalogue: error,
    runs: error,
  });
}

/** Everything answers, and there is nothing. */
export const emptyFreshSnapshot = (): Snapshot =>
  worldSnapshot(
    { nodes: [], members: [], kubeNodes: [], vms: [] },
    { cluster: aCluster({ vip: null }), storages: fresh([]), catalogue: fresh([]) },
  );
