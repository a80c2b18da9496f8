import type { OperatorError } from '../model/errors.js';
import type { EtcdAlarm, EtcdMember } from '../model/etcd.js';
import type { IpAddress, PveNodeName, VmId } from '../model/ids.js';
import type {
  Csr,
  KubeEvent,
  KubeHealth,
  KubeLease,
  KubeNode,
  KubePdb,
} from '../model/kubernetes.js';
import type { PveCluster, PveStorage, PveTask, Vm, VmConfig } from '../model/proxmox.js';
import type { EtcdMemberStatus, TalosMount, TalosVersion } from '../model/talos.js';

/** One COSI resource, its YAML spec parsed but not yet checked. */
export interface CosiResource {
  readonly namespace: string;
  readonly type: string;
  readonly id: string;
  readonly version: string;
  readonly phase: 'running' | 'tearingDown';
  readonly spec: unknown;
}

export interface CosiKind {
  readonly namespace: string;
  /** `MachineStatuses.runtime.talos.dev` */
  readonly type: string;
}

export interface WatchHandlers<T> {
  /** The complete list after a (re)bootstrap, then after every change: already merged, by id. */
  readonly onItems: (items: readonly T[]) => void;
  /** The watch is broken and will be reopened by itself; called once per outage. */
  readonly onError: (error: OperatorError) => void;
}

/** Raw counters since boot; ratios come from two samples. */
export interface SystemSample {
  readonly cpuBusySeconds: number;
  readonly cpuTotalSeconds: number;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
}

/**
 * Talos API over gRPC. Every method throws ClientError. `node` is routed through the endpoint that is
 * connected; failover to the next endpoint is inside.
 */
export interface TalosClient {
  readonly version: (node: IpAddress, signal?: AbortSignal) => Promise<TalosVersion>;
  readonly list: (
    node: IpAddress,
    kind: CosiKind,
    signal?: AbortSignal,
  ) => Promise<readonly CosiResource[]>;
  /** Reopens by itself, one back-off per node. @returns stop. */
  readonly watch: (
    node: IpAddress,
    kind: CosiKind,
    handlers: WatchHandlers<CosiResource>,
  ) => () => void;
  readonly etcdMembers: (node: IpAddress, signal?: AbortSignal) => Promise<readonly EtcdMember[]>;
  readonly etcdStatus: (node: IpAddress, signal?: AbortSignal) => Promise<EtcdMemberStatus>;
  readonly etcdAlarms: (node: IpAddress, signal?: AbortSignal) => Promise<readonly EtcdAlarm[]>;
  readonly services: (
    node: IpAddress,
    signal?: AbortSignal,
  ) => Promise<
    readonly {
      readonly id: string;
      readonly state: string;
      readonly health: 'healthy' | 'unhealthy' | 'unknown';
      readonly lastMessage: string;
    }[]
  >;
  readonly systemSample: (node: IpAddress, signal?: AbortSignal) => Promise<SystemSample>;
  /** A small file, at most 64 KiB: `/proc/sys/kernel/random/boot_id`. Needs os:admin or os:operator. */
  readonly readFile: (node: IpAddress, path: string, signal?: AbortSignal) => Promise<string>;
  /** Every file system that is mounted on the node. */
  readonly mounts: (node: IpAddress, signal?: AbortSignal) => Promise<readonly TalosMount[]>;
  /** The node's clock in epoch milliseconds (MachineService.Time asks the node's own time server as well). */
  readonly time: (node: IpAddress, signal?: AbortSignal) => Promise<number>;
  /** Address of the endpoint in use, null while none answers. */
  readonly activeEndpoint: () => string | null;
  readonly close: () => void;
}

/** Kubernetes API through one `kubectl proxy` on a private unix socket. */
export interface KubeClient {
  readonly watchNodes: (handlers: WatchHandlers<KubeNode>) => () => void;
  readonly watchCsrs: (handlers: WatchHandlers<Csr>) => () => void;
  readonly watchEvents: (handlers: WatchHandlers<KubeEvent>) => () => void;
  readonly watchPdbs: (handlers: WatchHandlers<KubePdb>) => () => void;
  readonly leases: (signal?: AbortSignal) => Promise<readonly KubeLease[]>;
  readonly health: (signal?: AbortSignal) => Promise<KubeHealth>;
  /** Told when another server is used, and when the kubeconfig's one answers again meanwhile. @returns stop */
  readonly onRoute?: (listener: () => void) => () => void;
  /** One GET, for look and prove. @throws ClientError kind not-found */
  readonly csr: (name: string, signal?: AbortSignal) => Promise<Csr>;
  /** Raw JSON of any path, e.g. the CSR body that an approval PUT sends back. */
  readonly raw: (path: string, signal?: AbortSignal) => Promise<unknown>;
  /**
   * JSON in, JSON out; for our own Lease only, everything else is changed with kubectl.
   * @throws ClientError kind conflict on 409, not-found on 404
   */
  readonly write: (
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: unknown,
    signal?: AbortSignal,
  ) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Proxmox VE REST. */
export interface PveClient {
  readonly cluster: (signal?: AbortSignal) => Promise<PveCluster>;
  /** Guests (config still waiting) and storages from one `cluster/resources`. */
  readonly resources: (signal?: AbortSignal) => Promise<{
    readonly vms: readonly Omit<Vm, 'config'>[];
    readonly storages: readonly PveStorage[];
  }>;
  readonly vmConfig: (node: PveNodeName, id: VmId, signal?: AbortSignal) => Promise<VmConfig>;
  readonly tasks: (signal?: AbortSignal) => Promise<readonly PveTask[]>;
  /** Any GET below `/api2/json`, its `data` unchecked. */
  readonly get: (path: string, signal?: AbortSignal) => Promise<unknown>;
  /** Sent once, never repeated. @returns the UPID of the task, null when the answer names none. */
  readonly order: (
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) => Promise<string | null>;
  /** @throws ClientError kind not-found for a task that nobody remembers */
  readonly taskStatus: (
    upid: string,
    signal?: AbortSignal,
  ) => Promise<{
    readonly isRunning: boolean;
    /** `OK`, `WARNINGS: 1`, an error text; null while it runs. */
    readonly exitStatus: string | null;
    readonly lastLogLines: readonly string[];
  }>;
  readonly close: () => Promise<void>;
}

export interface ShellOptions {
  /** 'change' is journalled and makes the tool's sources read again. */
  readonly effect: 'read' | 'change';
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Never on a disk under a name; a read may also be told to open it as /dev/stdin. */
  readonly stdin?: string;
  /** For the command log: which node or object it is about. */
  readonly target?: string;
  /** Output is also appended to this file, mode 0600. */
  readonly outputFile?: string;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** The one door to other programs. argv never holds a secret. */
export interface Shell {
  /** @throws CommandFailed, ClientError (program-missing, timeout, cancelled) */
  readonly run: (
    argv: readonly [string, ...string[]],
    options: ShellOptions,
  ) => Promise<CommandResult>;
}
