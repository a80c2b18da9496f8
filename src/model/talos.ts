import type { EtcdMember } from './etcd.js';
import type { IpAddress, MacAddress, NodeName, SmbiosUuid } from './ids.js';
import type { Reading } from './reading.js';

/** COSI MachineStatuses `stage`; unknown texts of newer versions arrive as 'unknown'. */
export type MachineStage =
  | 'unknown'
  | 'booting'
  | 'installing'
  | 'maintenance'
  | 'running'
  | 'rebooting'
  | 'shutting down'
  | 'resetting'
  | 'upgrading';

export interface MachineStatus {
  readonly stage: MachineStage;
  readonly ready: boolean;
  readonly unmetConditions: readonly { readonly name: string; readonly reason: string }[];
}

export type MachineType = 'controlplane' | 'worker' | 'init' | 'unknown';

export interface TalosVersion {
  /** `v1.12.4` */
  readonly tag: string;
  readonly arch: string;
  /** `metal`, `nocloud`, … */
  readonly platform: string;
}

/** A file system as it is mounted. */
export interface TalosMount {
  /** `/var` */
  readonly mountedOn: string;
  readonly sizeBytes: number;
  readonly availableBytes: number;
}

/** One line of the discovery list (Members.cluster.talos.dev). */
export interface TalosMember {
  readonly nodeId: string;
  readonly hostname: string;
  readonly addresses: readonly IpAddress[];
  readonly machineType: MachineType;
  /** `Talos (v1.12.4)` */
  readonly operatingSystem: string;
}

/** `id` of the extension list; the pseudo-extension `schematic` is not in it. */
export interface TalosExtension {
  readonly name: string;
  readonly version: string;
}

export interface TalosImage {
  readonly extensions: readonly TalosExtension[];
  /** 64 hex digits, or null when the node runs an image that no factory made. */
  readonly schematic: string | null;
}

export interface TalosAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly linkName: string;
}

export interface TalosLink {
  readonly name: string;
  readonly kind: string;
  readonly hardwareAddress: MacAddress | null;
  readonly operationalState: string;
  readonly isPhysical: boolean;
}

/** A configured VIP operator (OperatorSpecs, readable for os:admin only). */
export interface VipOperator {
  readonly ip: IpAddress;
  readonly linkName: string;
}

export interface TalosService {
  readonly id: string;
  /** `Running`, `Preparing`, `Failed`, … as Talos prints it. */
  readonly state: string;
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  readonly lastMessage: string;
}

export interface TalosIdentity {
  readonly hostname: string;
  /** Kubernetes node name, from Nodenames.kubernetes.talos.dev. */
  readonly nodeName: NodeName | null;
  readonly smbiosUuid: SmbiosUuid | null;
  readonly machineType: MachineType;
}

/** etcd as this one member sees it (EtcdStatus). */
export interface EtcdMemberStatus {
  readonly memberId: string;
  /** 16 zeros when the member sees no leader. */
  readonly leaderId: string;
  /** No leader, and the sample before was none without one: an election may be under way. */
  readonly isElecting?: boolean;
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  /** etcd version, null before Talos 1.11. */
  readonly protocolVersion: string | null;
  readonly errors: readonly string[];
}

export interface NodeUsage {
  /** 0–1 over all cores, between the last two samples; null until there are two. */
  readonly cpuRatio: number | null;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
}

/** Newest last; at most 60 samples of `intervalMs` each. */
export interface History {
  readonly cpuRatio: readonly number[];
  readonly memoryRatio: readonly number[];
  readonly dbSizeBytes: readonly number[];
}

/** Everything read from one Talos node, every slot with its own age and error. */
export interface TalosNode {
  /** The address that we route to: a key of `Snapshot.talosNodes`. */
  readonly address: IpAddress;
  readonly version: Reading<TalosVersion>;
  readonly status: Reading<MachineStatus>;
  readonly identity: Reading<TalosIdentity>;
  readonly addresses: Reading<readonly TalosAddress[]>;
  readonly links: Reading<readonly TalosLink[]>;
  readonly vipOperators: Reading<readonly VipOperator[]>;
  readonly image: Reading<TalosImage>;
  readonly services: Reading<readonly TalosService[]>;
  /** Control planes only; workers stay 'waiting'. */
  readonly etcd: Reading<EtcdMemberStatus>;
  /** The member list as this control plane sees it: lists that differ mean a split or a second cluster. */
  readonly etcdMembers: Reading<readonly EtcdMember[]>;
  readonly usage: Reading<NodeUsage>;
  readonly history: History;
}
