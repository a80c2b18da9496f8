import type { KubeClient, PveClient, WatchHandlers } from '../../src/clients/types.js';
import type { OperatorError } from '../../src/model/errors.js';
import type { VmId } from '../../src/model/ids.js';
import type { KubeNode } from '../../src/model/kubernetes.js';
import type { PveTask } from '../../src/model/proxmox.js';
import { knownValue } from '../../src/model/reading.js';
import { aKubeNode, anError, aPveCluster, aStorage, aVm, type Seat, silence } from './builders.js';

/** A Kubernetes API behind the client's interface. */
export interface FakeKube {
  readonly client: KubeClient;
  readonly setNodes: (nodes: readonly KubeNode[]) => void;
  /** Every call and every watch fails. */
  readonly lose: () => void;
  /** Nothing breaks and nothing answers. */
  readonly hang: () => void;
  readonly find: () => void;
  readonly watches: () => number;
}

export function createFakeKube(all: readonly Seat[]): FakeKube {
  let nodes = all.map((seat) => aKubeNode(seat));
  let mood: 'up' | 'lost' | 'hung' = 'up';
  const watchers = new Set<() => void>();

  const watch =
    <T>(items: () => readonly T[]) =>
    (handlers: WatchHandlers<T>) => {
      const tell = () => {
        if (mood === 'lost') handlers.onError(silence('kubectl proxy ended'));
        if (mood === 'up') handlers.onItems(items());
      };
      watchers.add(tell);
      queueMicrotask(() => watchers.has(tell) && tell());
      return () => void watchers.delete(tell);
    };
  const answer = async <T>(value: T): Promise<T> => {
    if (mood === 'lost') throw silence('kubectl proxy ended');
    return mood === 'up' ? value : await new Promise(() => {});
  };
  const become = (next: typeof mood) => {
    mood = next;
    for (const tell of [...watchers]) tell();
  };

  return {
    client: {
      watchNodes: watch(() => nodes),
      watchCsrs: watch(() => []),
      watchEvents: watch(() => []),
      watchPdbs: watch(() => []),
      leases: () => answer([]),
      health: () =>
        answer({ isReady: true, failedChecks: [], serverVersion: 'v1.35.0', viaServer: null }),
      csr: async () => await Promise.reject(anError('not-found')),
      raw: async () => await Promise.reject(anError('not-found')),
      write: async () => await Promise.reject(anError('forbidden')),
      close: async () => {},
    },
    setNodes(next) {
      nodes = [...next];
      for (const tell of [...watchers]) tell();
    },
    lose: () => become('lost'),
    hang() {
      mood = 'hung';
    },
    find: () => become('up'),
    watches: () => watchers.size,
  };
}

/** A Proxmox API behind the client's interface. */
export interface FakePve {
  readonly client: PveClient;
  readonly set: (id: VmId, status: string) => void;
  readonly refuseConfig: (id: VmId, error: OperatorError | null) => void;
  readonly setTasks: (tasks: readonly PveTask[]) => void;
  readonly fail: (error: OperatorError | null) => void;
  readonly calls: readonly string[];
  readonly forgetCalls: () => void;
}

export function createFakePve(all: readonly Seat[]): FakePve {
  const vms = new Map(all.map((seat) => [aVm(seat).id, aVm(seat)]));
  const refused = new Map<VmId, OperatorError>();
  const calls: string[] = [];
  let tasks: readonly PveTask[] = [];
  let failure: OperatorError | null = null;
  const answer = async <T>(name: string, value: () => T): Promise<T> => {
    calls.push(name);
    if (failure !== null) throw failure;
    return value();
  };

  return {
    client: {
      cluster: () => answer('cluster', () => aPveCluster()),
      resources: () =>
        answer('resources', () => ({
          vms: [...vms.values()].map(({ config: _, ...guest }) => guest),
          storages: [aStorage()],
        })),
      vmConfig: (_, id) =>
        answer(`config ${id}`, () => {
          const error = refused.get(id);
          const vm = vms.get(id);
          const config = vm && knownValue(vm.config);
          if (error !== undefined) throw error;
          if (config === undefined) throw anError('not-found');
          return config;
        }),
      tasks: () => answer('tasks', () => tasks),
      get: async () => await Promise.reject(anError('not-found')),
      order: async () => await Promise.reject(anError('forbidden')),
      taskStatus: async () => await Promise.reject(anError('not-found')),
      close: async () => {},
    },
    set(id, status) {
      const vm = vms.get(id);
      if (vm !== undefined) vms.set(id, { ...vm, status });
    },
    refuseConfig: (id, error) =>
      void (error === null ? refused.delete(id) : refused.set(id, error)),
    setTasks(next) {
      tasks = next;
    },
    fail(error) {
      failure = error;
    },
    calls,
    forgetCalls: () => void calls.splice(0),
  };
}
