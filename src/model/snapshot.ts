import type { EtcdAlarm, EtcdMember } from './etcd.js';
import type { HostFacts } from './host.js';
import type { IpAddress } from './ids.js';
import type { Csr, KubeEvent, KubeHealth, KubeLease, KubeNode, KubePdb } from './kubernetes.js';
import type { PveCluster, PveStorage, PveTask, Vm } from './proxmox.js';
import type { Reading } from './reading.js';
import type { CatalogueEntry, CommandRecord, RunSummary } from './run.js';
import type { TalosMember, TalosNode } from './talos.js';

export interface ClusterIdentity {
  readonly name: string;
  /** Talos API endpoints (control planes), as configured. */
  readonly endpoints: readonly string[];
  /** `https://10.0.0.20:6443` */
  readonly kubernetesServer: string | null;
  /** The virtual address, when configured or derived from the Kubernetes endpoint. */
  readonly vip: IpAddress | null;
  readonly isProduction: boolean;
  readonly isReadOnly: boolean;
  /** Name of the host the Proxmox API is asked at, null when none is configured. */
  readonly pveUrl: string | null;
  /** Something names a Proxmox API and cannot be used: then `pveUrl` is null, and the readings say why. */
  readonly isProxmoxBroken?: boolean;
  /** When the Talos client certificate ends; null when unknown. */
  readonly talosCertificateEndsAtMs: number | null;
  readonly kubernetesCertificateEndsAtMs: number | null;
  /** Where installer images come from; absent: the public factory. */
  readonly factoryUrl?: string;
}

/** All we know now: one immutable value. Replaced as a whole, shared by reference where unchanged. */
export interface Snapshot {
  readonly cluster: ClusterIdentity;
  /** By routed address; insertion order = discovery order. */
  readonly talosNodes: ReadonlyMap<IpAddress, TalosNode>;
  readonly talosMembers: Reading<readonly TalosMember[]>;
  readonly etcdMembers: Reading<readonly EtcdMember[]>;
  readonly etcdAlarms: Reading<readonly EtcdAlarm[]>;
  readonly kubeNodes: Reading<readonly KubeNode[]>;
  readonly kubeHealth: Reading<KubeHealth>;
  readonly csrs: Reading<readonly Csr[]>;
  readonly kubeEvents: Reading<readonly KubeEvent[]>;
  readonly leases: Reading<readonly KubeLease[]>;
  readonly pdbs: Reading<readonly KubePdb[]>;
  readonly pve: Reading<PveCluster>;
  readonly vms: Reading<readonly Vm[]>;
  readonly storages: Reading<readonly PveStorage[]>;
  readonly pveTasks: Reading<readonly PveTask[]>;
  readonly host: Reading<HostFacts>;
  readonly catalogue: Reading<readonly CatalogueEntry[]>;
  readonly runs: Reading<readonly RunSummary[]>;
  readonly commands: readonly CommandRecord[];
}
