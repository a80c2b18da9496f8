import type { TalosImage } from './talos-image.js';

export interface LabVm {
  readonly vmId: number;
  /** Changes with a migration. */
  pveNode: string;
  /** `running` also while the guest boots or hangs. */
  status: 'running' | 'stopped';
  /** QMP state when it differs: `paused`, `io-error`. */
  qmpStatus: string;
  lock: string | null;
  startedAtMs: number | null;
  pid: number | null;
  /** Keys and values as `GET …/config?current=1` prints them, without digest. */
  config: Record<string, string | number>;
  /** Not applied yet; null = the key will be deleted. */
  pending: Record<string, string | number | null>;
  disks: LabDisk[];
  isTemplate: boolean;
  /** What the HA manager was asked for; null = it leaves this guest alone. */
  haState: HaState | null;
  /** UPID of the task that took the guest's lock file; it holds it while it runs. */
  flockedBy: string | null;
  /** Oldest first. */
  snapshots: readonly LabSnapshot[];
  /** The snapshot that the present state comes after. */
  parentSnapshot: string | null;
  /** What Proxmox last heard of it before its host fell silent; null = its host reports. */
  lastReport: LabVmReport | null;
  /** The moment of `clock.monotonicMs` at which the disks' written bytes were true. */
  writesCountedAtMs: number;
}

export type HaState = 'started' | 'stopped' | 'disabled' | 'ignored';

export interface LabVmReport {
  readonly status: string;
  readonly uptimeSeconds: number;
  readonly cpuRatio: number;
  readonly memoryBytes: number;
}

export interface LabSnapshot {
  readonly name: string;
  readonly description: string;
  readonly createdAtMs: number;
  readonly parent: string | null;
  readonly config: Readonly<Record<string, string | number>>;
  /** Per volume, what the guest had written by then. */
  readonly writtenBytes: ReadonlyMap<string, number>;
}

export interface LabDisk {
  slot: string;
  volume: string;
  storage: string;
  sizeBytes: number;
  /** What the guest ever wrote: blocks that a thin pool really holds. */
  writtenBytes: number;
  /** An image that was imported and not booted yet. */
  image?: TalosImage | null;
  /** The volume of a template that it is a linked clone of. */
  base?: string | null;
}

export interface LabStorage {
  readonly name: string;
  readonly pveNode: string;
  readonly type: 'dir' | 'lvmthin';
  readonly content: string;
  readonly totalBytes: number;
  /** Files that are no disk of a VM of ours: ISO images, backups, the system, what fill-storage adds. */
  otherBytes: number;
  readonly metadataTotalBytes: number | null;
  isActive: boolean;
  /** Of the metadata, what somebody else's snapshots take; thin pools only. */
  otherMetadataRatio: number;
  files: LabFile[];
}

export interface LabFile {
  readonly volid: string;
  readonly format: string;
  readonly sizeBytes: number;
  readonly content: string;
  readonly createdAtMs: number;
  /** Of a disk image: what the guest will see of it. */
  readonly diskBytes?: number;
  /** What the address that it came from names; absent = only its own name tells. */
  readonly image?: TalosImage;
}

export interface LabPveHost {
  readonly name: string;
  readonly address: string;
  readonly cpuCount: number;
  readonly memoryTotalBytes: number;
  readonly rootTotalBytes: number;
  readonly rootUsedBytes: number;
  bootedAtMs: number;
  /** How much longer than usual every task takes here. */
  taskDelayMs: number;
  /** Its place in corosync's node list, from 1. */
  readonly nodeId: number;
  isOnline: boolean;
  /** Accepts connections and answers nothing; not online then. */
  isHung: boolean;
  /** corosync's network: without it a host runs on its own and has no vote in the cluster. */
  isLinked: boolean;
  /** Since when nobody hears of it; null = it reports. */
  silentSinceMs: number | null;
}

export interface LabPveTask {
  readonly upid: string;
  readonly pveNode: string;
  readonly pid: number;
  readonly pstart: number;
  readonly type: string;
  readonly objectId: string;
  /** `root@pam` or `root@pam!tui`. */
  readonly user: string;
  readonly startedAtMs: number;
  endedAtMs: number | null;
  exitStatus: string | null;
  log: string[];
}
