import type { WorldClock } from './clock.js';
import type { Lan } from './lan.js';
import type { PveAccess } from './pve-access.js';
import type { Random } from './random.js';
import type {
  ClusterFacts,
  EtcdState,
  Faults,
  KubePki,
  KubeStore,
  LabNode,
  LabPveHost,
  LabPveTask,
  LabStorage,
  LabVm,
  Listener,
  Topic,
  VipState,
} from './types.js';

/** The one source of truth. Plain mutable state; functions of this folder change it and say so with `touch`. */
export interface World {
  readonly facts: ClusterFacts;
  readonly clock: WorldClock;
  readonly random: Random;
  readonly pki: KubePki;
  /** By hostname, control planes first. */
  readonly nodes: Map<string, LabNode>;
  readonly vms: Map<number, LabVm>;
  readonly pveHosts: Map<string, LabPveHost>;
  readonly pveAccess: PveAccess;
  readonly lan: Lan;
  readonly storages: LabStorage[];
  /** Newest first. */
  readonly pveTasks: LabPveTask[];
  readonly etcd: EtcdState;
  readonly vip: VipState;
  readonly kube: KubeStore;
  /** What the image factory knows: canonical YAML by its id. */
  readonly schematics: Map<string, string>;
  readonly faults: Faults;
  /** Listeners run at once, after the change is complete. @returns unsubscribe. */
  readonly subscribe: (listener: Listener) => () => void;
  readonly touch: (...topics: Topic[]) => void;
}
