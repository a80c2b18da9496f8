import type { IpAddress, NodeName, PveNodeName, VmId } from './ids.js';
import { type Reading, WAITING } from './reading.js';

/**
 * What only a plan needs to know: read on demand while a plan is looked at and before every disruptive step of a
 * run, never watched. Every part is a Reading of its own; what was not asked for is absent and counts as unknown.
 */
export interface Inspection {
  readonly nodes: ReadonlyMap<IpAddress, Reading<NodeInspection>>;
  readonly kube: Reading<KubeInspection>;
  readonly vms: ReadonlyMap<VmId, Reading<VmInspection>>;
  /** By `storageKey`. */
  readonly storages: ReadonlyMap<string, Reading<StorageInspection>>;
  /** By reference, `factory.talos.dev/nocloud-installer/<schematic>:v1.13.9`: whether the registry has it. */
  readonly images: ReadonlyMap<string, Reading<boolean>>;
  /** What talosctl says of the machine configurations of nodes. */
  readonly configs: ReadonlyMap<IpAddress, Reading<ConfigVerdict>>;
  readonly factory: Reading<FactoryInspection>;
}

/** What an action wants inspected; everything else is left alone. */
export interface InspectionWants {
  readonly nodes: readonly IpAddress[];
  readonly vms: readonly { readonly pveNode: PveNodeName; readonly id: VmId }[];
  readonly storages: readonly { readonly pveNode: PveNodeName; readonly name: string }[];
  readonly isKubeWanted: boolean;
  readonly images: readonly string[];
  /** Nodes whose machine configuration talosctl is asked about; absent: none. */
  readonly configs?: readonly { readonly node: IpAddress; readonly mode: ConfigMode }[];
  /** Talos version (`v1.13.9`) whose official extensions are asked for; null: the factory is not asked. */
  readonly factoryVersion: string | null;
}

/** As `talosctl validate --mode` takes it: a cloud image has nothing to install itself on. */
export type ConfigMode = 'metal' | 'cloud' | 'container';

export interface ConfigVerdict {
  /** Null: this talosctl cannot tell. */
  readonly isValid: boolean | null;
  /** Version of the talosctl that was asked, `v1.13.9`: it knows the rules of its own minor. */
  readonly by: string;
  /** Why not, or what it warns of; never with a secret of the configuration. */
  readonly remarks: readonly string[];
}

export const storageKey = (pveNode: PveNodeName, name: string): string => `${pveNode}/${name}`;

/** From one Talos node; null where the node or its version does not tell. */
export interface NodeInspection {
  /** `/proc/sys/kernel/random/boot_id`: another one after every boot. */
  readonly bootId: string | null;
  readonly isUki: boolean | null;
  readonly isSecureBoot: boolean | null;
  /** Of the machine config: `machine.install.image` or `UnattendedInstallConfig`; needs os:admin. */
  readonly installImage: string | null;
  readonly hasExtraKernelArgs: boolean | null;
  /** Of the machine config's VolumeConfig EPHEMERAL; null without one. */
  readonly ephemeralConfig: {
    readonly grow: boolean | null;
    /** Null without a limit, and when it is relative. */
    readonly maxSizeBytes: number | null;
    /** `80%` or `-10GiB` of the disk (talos ≥ 1.12): then `maxSizeBytes` is null. */
    readonly relativeMaxSize?: string;
  } | null;
  /** `/dev/sda` */
  readonly systemDisk: string | null;
  readonly disks: readonly InspectedDisk[];
  /** VolumeStatus EPHEMERAL. */
  readonly ephemeral: InspectedVolume | null;
  /** Of its file system, as it is mounted; null where that is not told. */
  readonly ephemeralRoom: { readonly freeBytes: number; readonly sizeBytes: number } | null;
  /** Partitions of all disks, from DiscoveredVolumes. */
  readonly partitions: readonly InspectedPartition[];
  readonly time: {
    readonly isSynced: boolean | null;
    /** Node's clock minus ours, by half the round trip; null when it was not read. */
    readonly skewMs: number | null;
  };
  /** kube-apiserver, kube-controller-manager, kube-scheduler of a control plane; empty on workers. */
  readonly staticPods: readonly { readonly name: string; readonly isReady: boolean }[];
  /** SideroLink is configured: Omni manages the machine. */
  readonly isManagedByOmni: boolean | null;
}

export interface InspectedDisk {
  /** `/dev/sda` */
  readonly devicePath: string;
  readonly sizeBytes: number;
  readonly isCdrom: boolean;
  readonly isReadOnly: boolean;
  readonly serial: string | null;
  readonly busPath: string | null;
}

export interface InspectedVolume {
  readonly phase: string;
  /** `/dev/sda6` */
  readonly location: string | null;
  /** `/dev/sda` */
  readonly parentLocation: string | null;
  readonly sizeBytes: number;
  readonly filesystem: string | null;
  readonly errorMessage: string | null;
}

export interface InspectedPartition {
  readonly device: string;
  readonly disk: string;
  /** GPT label: `STATE`, `EPHEMERAL`, … */
  readonly label: string;
  readonly index: number;
  readonly offsetBytes: number | null;
  readonly sizeBytes: number;
}

/** From the Kubernetes API. */
export interface KubeInspection {
  /** `/readyz` of each control plane asked directly. */
  readonly apiServers: readonly {
    readonly address: IpAddress;
    readonly isReady: boolean | null;
    readonly text: string;
  }[];
  readonly pods: readonly InspectedPod[];
  readonly pdbs: readonly InspectedPdb[];
  /** Node `status.capacity["ephemeral-storage"]`. */
  readonly capacityBytes: ReadonlyMap<NodeName, number>;
  /** Longhorn volumes, Ceph clusters, CNPG clusters and the like, healthy ones too. */
  readonly stores: readonly StoreHealth[];
  /** Other tools that disrupt nodes. */
  readonly automations: readonly {
    readonly tool: 'tuppr' | 'kured' | 'system-upgrade-controller';
    /** It is changing something right now. */
    readonly isActive: boolean;
    readonly text: string;
  }[];
}

export interface InspectedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: NodeName | null;
  readonly phase: string;
  readonly isReady: boolean;
  readonly restarts: number;
  /** `CrashLoopBackOff` and the like; empty when no container waits. */
  readonly waitingReason: string;
  /** `DaemonSet`, `ReplicaSet`, `Node` for static pods; null when nothing owns it. */
  readonly ownerKind: string | null;
  readonly isMirror: boolean;
  readonly hasEmptyDir: boolean;
  readonly isBeingDeleted: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface InspectedPdb {
  readonly namespace: string;
  readonly name: string;
  readonly disruptionsAllowed: number;
  readonly selector: LabelSelector;
}

/** As of metav1: everything has to match; an empty one matches all. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values: readonly string[];
  }[];
}

export interface StoreHealth {
  readonly kind: 'longhorn' | 'ceph' | 'cnpg' | 'scylla' | 'rabbitmq' | 'other';
  readonly namespace: string;
  readonly name: string;
  /** Null: it does not say. */
  readonly isHealthy: boolean | null;
  readonly text: string;
  /** Nodes that hold a healthy copy, when it says so. */
  readonly copiesOn: readonly NodeName[];
}

/** From Proxmox, of one guest. */
export interface VmInspection {
  readonly digest: string;
  readonly status: string;
  /** `running`, `paused`, `io-error`, …; null when it is not told. */
  readonly qmpStatus: string | null;
  readonly lock: string | null;
  /** `scsi0`, `ide2`: of the running configuration. */
  readonly bootOrder: readonly string[];
  /** As it will be after the next cold start. */
  readonly pendingBootOrder: readonly string[];
  readonly drives: readonly InspectedDrive[];
  readonly snapshots: readonly { readonly name: string; readonly atMs: number | null }[];
  /** Tasks on this guest that run at the moment. */
  readonly runningTasks: readonly { readonly upid: string; readonly type: string }[];
  /** HA state, `started`, `error`, …; null without HA. */
  readonly haState: string | null;
  /** What our token may do with it: `VM.Config.Disk`, … */
  readonly privileges: readonly string[];
}

export interface InspectedDrive {
  /** `scsi0` */
  readonly slot: string;
  /** `local-lvm:vm-101-disk-0`, or the ISO; `none` for an empty CD drive. */
  readonly volume: string;
  readonly storage: string | null;
  readonly sizeBytes: number | null;
  readonly isCdrom: boolean;
  /** `serial=` of the drive; null when it is not set. */
  readonly serial: string | null;
}

export interface StorageInspection {
  /** `lvmthin`, `lvm`, `dir`, `zfspool`, `rbd`, … */
  readonly type: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly availableBytes: number;
  /** lvmthin only. */
  readonly thin: {
    readonly dataBytes: number;
    readonly dataUsedBytes: number;
    readonly metadataBytes: number;
    readonly metadataUsedBytes: number;
  } | null;
  /** Sum of the virtual sizes of all volumes on it; null when the list could not be read. */
  readonly virtualBytes: number | null;
  /** What our token may do with it: `Datastore.AllocateSpace`, … */
  readonly privileges: readonly string[];
}

export interface FactoryInspection {
  /** `v1.13.9`, …: stable versions, newest last. */
  readonly versions: readonly string[];
  /** Of `InspectionWants.factoryVersion`: `siderolabs/qemu-guest-agent`, …; empty when none was asked for. */
  readonly officialExtensions: readonly string[];
}

export const NOTHING_INSPECTED: Inspection = {
  nodes: new Map(),
  kube: WAITING,
  vms: new Map(),
  storages: new Map(),
  images: new Map(),
  configs: new Map(),
  factory: WAITING,
};

export const NOTHING_WANTED: InspectionWants = {
  nodes: [],
  vms: [],
  storages: [],
  isKubeWanted: false,
  images: [],
  factoryVersion: null,
};
