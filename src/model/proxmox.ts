import type { MacAddress, PveNodeName, SmbiosUuid, VmId } from './ids.js';
import type { Reading } from './reading.js';

export interface PveNode {
  readonly name: PveNodeName;
  readonly isOnline: boolean;
  readonly cpuRatio: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly uptimeMs: number | null;
}

/** A single host without a cluster counts as quorate. */
export interface PveCluster {
  readonly name: string | null;
  readonly isQuorate: boolean;
  readonly nodes: readonly PveNode[];
  /** `9.1` from GET /version. */
  readonly release: string | null;
}

/** What `cluster/resources` says of a guest. */
export interface Vm {
  readonly id: VmId;
  readonly pveNode: PveNodeName;
  readonly name: string;
  /** `running`, `stopped`, `paused`, `unknown`, … */
  readonly status: string;
  readonly isTemplate: boolean;
  /** `backup`, `snapshot`, … */
  readonly lock: string | null;
  readonly cpuRatio: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly uptimeMs: number;
  readonly tags: readonly string[];
  readonly config: Reading<VmConfig>;
}

/** The part of a guest's configuration that we use; `pending` not applied. */
export interface VmConfig {
  readonly digest: string;
  readonly smbiosUuid: SmbiosUuid | null;
  readonly nics: readonly {
    readonly slot: string;
    readonly mac: MacAddress | null;
    readonly bridge: string | null;
    readonly isLinkDown: boolean;
  }[];
  /** Boot order, first first: `['scsi0', 'ide2', 'net0']`; empty when not set. */
  readonly bootOrder: readonly string[];
  readonly disks: readonly {
    readonly slot: string;
    readonly volume: string;
    readonly storage: string | null;
    readonly sizeBytes: number | null;
    readonly isCdrom: boolean;
  }[];
  readonly cores: number | null;
  readonly memoryBytes: number | null;
  /** `host`, `x86-64-v2-AES`, … */
  readonly cpuType: string | null;
  readonly bios: 'seabios' | 'ovmf';
  readonly hasGuestAgent: boolean;
  readonly onBoot: boolean;
}

export interface PveStorage {
  readonly pveNode: PveNodeName;
  readonly name: string;
  /** `lvmthin`, `dir`, `zfspool`, … */
  readonly type: string;
  readonly isShared: boolean;
  readonly isAvailable: boolean;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

export interface PveTask {
  readonly upid: string;
  readonly pveNode: PveNodeName;
  /** `qmstart`, `vzdump`, … */
  readonly type: string;
  /** Guest id or empty. */
  readonly objectId: string;
  readonly user: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** `OK`, `WARNINGS: 2`, an error text, or null while it runs. */
  readonly exitStatus: string | null;
}
