export interface LabVm {
  readonly vmId: number;
  readonly pveNode: string;
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
  /** The moment of `clock.monotonicMs` at which the disks' written bytes were true. */
  writesCountedAtMs: number;
}

export interface LabDisk {
  readonly slot: string;
  readonly volume: string;
  readonly storage: string;
  sizeBytes: number;
  /** What the guest ever wrote: blocks that a thin pool really holds. */
  writtenBytes: number;
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
  files: {
    readonly volid: string;
    readonly format: string;
    readonly sizeBytes: number;
    readonly content: string;
    readonly createdAtMs: number;
  }[];
}

export interface LabPveHost {
  readonly name: string;
  readonly address: string;
  readonly cpuCount: number;
  readonly memoryTotalBytes: number;
  readonly rootTotalBytes: number;
  readonly rootUsedBytes: number;
  readonly bootedAtMs: number;
  isOnline: boolean;
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
