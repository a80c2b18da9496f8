import type { KubeResource } from './kube-types.js';
import type { LabPki } from './pki-types.js';
import type { Journal } from './talos-journal.js';
import type { TalosMachine } from './talos-types.js';
import type { World } from './world-type.js';

export type * from './kube-types.js';
export type * from './pki-types.js';
export type * from './pve-types.js';
export type * from './talos-types.js';
export type { World } from './world-type.js';

/** The four simulated services that a client can talk to. */
export type ServerName = 'talos' | 'kube' | 'pve' | 'factory';

/**
 * What changed. `talos:<hostname>` = anything that the Talos API of that node shows; `node:<hostname>` = it went
 * up, down, silent (listeners follow); `vip` = the holder changed; `kube:<resource>` = an object was written;
 * `cut:<server>` = end every open stream of that server now; `clock` = virtual time jumped.
 */
export type Topic =
  | 'pve'
  | 'pve:tasks'
  | 'etcd'
  | 'vip'
  | 'clock'
  | `talos:${string}`
  | `node:${string}`
  | `kube:${KubeResource}`
  | `cut:${ServerName}`;

export type Listener = (topics: readonly Topic[]) => void;

/** Fixed for the life of a lab. */
export interface ClusterFacts {
  readonly seed: number;
  readonly clusterName: string;
  /** base64 of 32 bytes, as Infos.cluster.talos.dev `clusterId`. */
  readonly clusterId: string;
  /** First two octets of the lab's LAN: `127.7`. */
  readonly lanPrefix: string;
  /** 24 up to 200 machines, else 16. */
  readonly lanPrefixLength: number;
  readonly gateway: string;
  readonly vip: string;
  /** Kubernetes endpoint: the VIP when there is one, else the first control plane. */
  readonly kubeEndpoint: string;
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  /** etcd's own version: `3.6.7`. */
  readonly etcdVersion: string;
  readonly schematic: string;
  readonly linkName: string;
  readonly pveNode: string;
  readonly pveAddress: string;
  readonly pveRelease: string;
  readonly pveVersion: string;
  readonly factoryAddress: string;
  readonly startedAtMs: number;
}

export type Role = 'controlplane' | 'worker';

/** Texts of COSI MachineStatuses `stage`. */
export type Stage =
  | 'booting'
  | 'installing'
  | 'maintenance'
  | 'running'
  | 'rebooting'
  | 'shutting down'
  | 'resetting'
  | 'upgrading';

export type ServiceState =
  | 'Initialized'
  | 'Preparing'
  | 'Waiting'
  | 'Starting'
  | 'Running'
  | 'Stopping'
  | 'Finished'
  | 'Failed'
  | 'Skipped';

export interface LabService {
  readonly id: string;
  state: ServiceState;
  /** null = the service has no health check (talosctl prints `?`). */
  isHealthy: boolean | null;
  lastMessage: string;
  /** Newest last, at most 20, as ServiceInfo.events. */
  events: { readonly atMs: number; readonly state: ServiceState; readonly message: string }[];
  /** Epoch milliseconds of the last health change. */
  healthChangedAtMs: number;
}

export interface LabExtension {
  readonly name: string;
  readonly version: string;
  readonly author: string;
  readonly description: string;
  readonly image: string;
}

/** A machine as Talos sees itself. Its power is its VM's. */
export interface LabNode {
  /** Its key in `world.nodes`; `renameNode` changes both. */
  hostname: string;
  role: Role;
  /** From DHCP; machines of a plan keep theirs. */
  address: string;
  readonly mac: string;
  readonly vmId: number;
  readonly smbiosUuid: string;
  /** Identities.cluster.talos.dev `nodeId` (base62). */
  readonly identity: string;
  readonly index: number;
  /** false: powered off, or the kernel is not up yet. */
  isUp: boolean;
  /** Accepts TCP and answers nothing. */
  isHung: boolean;
  /** Nothing reaches it and it reaches nobody. */
  isPartitioned: boolean;
  stage: Stage;
  /** MachineStatus `ready` and why not. */
  isReady: boolean;
  unmetConditions: { readonly name: string; readonly reason: string }[];
  bootId: string;
  bootedAtMs: number;
  talosVersion: string;
  schematic: string;
  extensions: readonly LabExtension[];
  platform: string;
  services: Map<string, LabService>;
  /** Images that somebody had this node fetch; they stay until EPHEMERAL is wiped. */
  pulledImages: { readonly reference: string; readonly isSystem: boolean; readonly atMs: number }[];
  readonly machine: TalosMachine;
  /** What happened since its boot; a new one with every boot. */
  journal: Journal;
  /** `kubelet` runs and reaches an API server. */
  isKubeletUp: boolean;
  /** Control planes: kube-apiserver, kube-controller-manager and kube-scheduler run. */
  areStaticPodsUp: boolean;
  /** The serving certificate that this kubelet has asked for and not got; null = it has one. */
  servingRequest: { readonly name: string; readonly atMs: number } | null;
  /** Bumped by every power change: steps of an older boot or shutdown stop by themselves. */
  powerEpoch: number;
  /** Bumped with everything that the Talos API of this node shows; versions of COSI resources may use it. */
  generation: number;
}

export interface LabEtcdMember {
  /** 16 lower-case hex digits. */
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  isLearner: boolean;
  /** `NOSPACE`, `CORRUPT` */
  alarms: Set<EtcdAlarmName>;
  /** Highest index that this member has; frozen while it is down. */
  raftIndex: number;
  raftTerm: number;
  dbSizeBytes: number;
  dbSizeInUseBytes: number;
}

export type EtcdAlarmName = 'NOSPACE' | 'CORRUPT';

export interface EtcdState {
  /** 16 lower-case hex digits. */
  readonly clusterId: string;
  members: Map<string, LabEtcdMember>;
  /** Member id, null without quorum or during an election. */
  leaderId: string | null;
  term: number;
  raftIndex: number;
  /** Key-value revision; equals the Kubernetes resourceVersion, as in a real cluster. */
  revision: number;
  compactRevision: number;
}

export interface VipState {
  readonly address: string;
  /** Hostname. */
  holder: string | null;
  /** Session of a crashed holder: nobody else may take over before this moment of `clock.monotonicMs`. */
  leaseEndsAtMs: number | null;
  /** false after `no-vip`: no control plane campaigns. */
  isConfigured: boolean;
}

/** What servers consult before they answer. */
export interface Faults {
  /** First entry of a server with count > 0 is used up by the next request: `takeApiError`. */
  readonly apiErrors: {
    readonly server: ServerName;
    /** A pattern; absent = every call. */
    readonly call?: string | undefined;
    readonly code: number;
    count: number;
  }[];
  /** By server, or by server and call: `pve:GET:/version`. */
  readonly latencyMs: Map<string, number>;
  readonly truncations: {
    readonly server: ServerName;
    readonly call?: string | undefined;
    readonly bytes: number;
    count: number;
  }[];
  /** Who shall die where: `talosctl:upgrade`, `PUT:/cluster/options`. */
  readonly kills: {
    readonly step: string;
    readonly moment: 'before' | 'during' | 'after';
    readonly who: 'process' | 'group';
    count: number;
  }[];
  /**
   * `kube:nodes`, `talos:OperatorSpecs.net.talos.dev`, `talos:EtcdStatus`, `pve:/nodes/pve1/storage`, or a whole
   * server (`pve`): answered with 403 / PERMISSION_DENIED.
   */
  readonly forbidden: Set<string>;
  /** Talos versions whose kernel panics on these machines: the boot loader falls back. */
  readonly brokenImages: Set<string>;
  /** So many downloads will end well and leave a page of nine bytes. */
  shortDownloads: number;
}

/** What every server factory gets: `startTalosServers(lab)`, `startKubeServers(lab)`, `startPveServer(lab)`, `startFactoryServer(lab)`. */
export interface LabHandle {
  readonly world: World;
  readonly pki: LabPki;
  /** Directory of the lab: talosconfig, kubeconfig, bin, … */
  readonly dir: string;
  /** `user@realm!name=uuid`, the line in the token file. */
  readonly pveToken: string;
  readonly ports: LabPorts;
  /** One line for the person who runs `lab up`. */
  readonly log: (line: string) => void;
}

export interface LabPorts {
  readonly talos: number;
  readonly kube: number;
  readonly kubelet: number;
  readonly pve: number;
  readonly factory: number;
}

export interface LabServer {
  readonly close: () => Promise<void>;
}
