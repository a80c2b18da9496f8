import { emptySnapshot } from '../../src/model/empty-snapshot.js';
import { emptyTalosNode } from '../../src/model/empty-talos-node.js';
import { ClientError, type ErrorKind, type OperatorError } from '../../src/model/errors.js';
import type { EtcdMember } from '../../src/model/etcd.js';
import {
  asIpAddress,
  asMacAddress,
  asMemberId,
  asNodeName,
  asPveNodeName,
  asSmbiosUuid,
  asVmId,
  type IpAddress,
} from '../../src/model/ids.js';
import type { Csr, KubeNode } from '../../src/model/kubernetes.js';
import type { PveCluster, PveStorage, Vm, VmConfig } from '../../src/model/proxmox.js';
import { fresh as freshAt, knownValue, type Reading } from '../../src/model/reading.js';
import type { CatalogueEntry } from '../../src/model/run.js';
import type { ClusterIdentity, Snapshot } from '../../src/model/snapshot.js';
import type { EtcdMemberStatus, TalosIdentity, TalosNode } from '../../src/model/talos.js';

/** "Now" of every built snapshot: 2026-11-20 12:00:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 20, 12);
export const GIB = 1024 ** 3;
export const SCHEMATIC = '88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b';

export const fresh = <T>(value: T, readAtMs = NOW_MS): Reading<T> => freshAt(value, readAtMs);

export const stale = <T>(value: T, error: OperatorError = silence()): Reading<T> => ({
  state: 'stale',
  value,
  readAtMs: NOW_MS - 60_000,
  error,
});

export const failed = (error: OperatorError = silence()): Reading<never> => ({
  state: 'failed',
  error,
  failedAtMs: NOW_MS,
});

export const anError = (kind: ErrorKind, message: string = kind): ClientError =>
  new ClientError(kind, message, 'Look at the other side.');

/** The error of a machine that does not answer. */
export const silence = (message = 'connect: no route to host'): ClientError =>
  new ClientError('unreachable', message, 'Check the network and whether the machine runs.');

/** The same reading, no longer trusted. */
export function asStale<T>(reading: Reading<T>, error: OperatorError = silence()): Reading<T> {
  const value = knownValue(reading);
  return value === undefined ? failed(error) : stale(value, error);
}

export const aCluster = (overrides: Partial<ClusterIdentity> = {}): ClusterIdentity => ({
  name: 'home',
  endpoints: ['10.0.0.11', '10.0.0.12', '10.0.0.13'],
  kubernetesServer: 'https://10.0.0.20:6443',
  vip: asIpAddress('10.0.0.20'),
  isProduction: false,
  isReadOnly: false,
  pveUrl: 'https://10.0.0.2:8006',
  talosCertificateEndsAtMs: null,
  kubernetesCertificateEndsAtMs: null,
  ...overrides,
});

/** Everything waits, except what is given. */
export const aSnapshot = ({
  nodes,
  ...overrides
}: Partial<Snapshot> & { readonly nodes?: readonly TalosNode[] } = {}): Snapshot => ({
  ...emptySnapshot(overrides.cluster ?? aCluster()),
  ...(nodes ? { talosNodes: new Map(nodes.map((node) => [node.address, node])) } : {}),
  ...overrides,
});

/** Which machine of the built world: its number gives addresses, MAC, UUID, member id and guest id. */
export interface Seat {
  readonly number: number;
  readonly isControlPlane: boolean;
}

/** `10.0.0.11` for the first one; none is the virtual address 10.0.0.20. */
export const addressOf = (number: number): IpAddress =>
  number < 10
    ? asIpAddress(`10.0.0.${10 + number}`)
    : asIpAddress(`10.0.${1 + Math.floor(number / 200)}.${10 + (number % 200)}`);
export const macOf = (number: number) =>
  asMacAddress(`bc:24:11:00:${hex(number >> 8, 2)}:${hex(number & 255, 2)}`);
export const uuidOf = (number: number) =>
  asSmbiosUuid(`5a1e0000-0000-4000-8000-${hex(number, 12)}`);
export const memberIdOf = (number: number) => asMemberId(hex(0xabc000 + number, 16));
export const nameOf = ({ number, isControlPlane }: Seat): string =>
  `${isControlPlane ? 'cp' : 'w'}-${number}`;

const seatOf = (seat: Partial<Seat>): Seat => ({ number: 1, isControlPlane: true, ...seat });

export const anIdentity = (partial: Partial<Seat> = {}): TalosIdentity => {
  const seat = seatOf(partial);
  return {
    hostname: nameOf(seat),
    nodeName: asNodeName(nameOf(seat)),
    smbiosUuid: uuidOf(seat.number),
    machineType: seat.isControlPlane ? 'controlplane' : 'worker',
  };
};

/** A healthy node of Talos v1.12.4; `overrides` replaces whole slots. */
export function aTalosNode(
  partial: Partial<Seat> = {},
  overrides: Partial<TalosNode> = {},
): TalosNode {
  const seat = seatOf(partial);
  const { number, isControlPlane } = seat;
  const address = overrides.address ?? addressOf(number);
  const service = (id: string) =>
    ({ id, state: 'Running', health: 'healthy', lastMessage: '' }) as const;
  return {
    ...emptyTalosNode(address),
    version: fresh({ tag: 'v1.12.4', arch: 'amd64', platform: 'nocloud' }),
    status: fresh({ stage: 'running', ready: true, unmetConditions: [] }),
    identity: fresh(anIdentity(seat)),
    addresses: fresh([
      { address: asIpAddress('127.0.0.1'), prefixLength: 8, linkName: 'lo' },
      { address, prefixLength: 24, linkName: 'eth0' },
    ]),
    links: fresh([
      {
        name: 'eth0',
        kind: '',
        hardwareAddress: macOf(number),
        operationalState: 'up',
        isPhysical: true,
      },
    ]),
    image: fresh({
      schematic: SCHEMATIC,
      extensions: [
        { name: 'iscsi-tools', version: 'v0.2.0' },
        { name: 'qemu-guest-agent', version: '10.0.2' },
        { name: 'util-linux-tools', version: '2.41.1' },
      ],
    }),
    services: fresh(
      (isControlPlane ? ['apid', 'etcd', 'kubelet'] : ['apid', 'kubelet']).map(service),
    ),
    vipOperators: fresh(isControlPlane ? [{ ip: asIpAddress('10.0.0.20'), linkName: 'eth0' }] : []),
    ...(isControlPlane ? { etcd: fresh(anEtcdStatus(seat)) } : {}),
    usage: fresh({ cpuRatio: 0.1, memoryUsedBytes: GIB, memoryTotalBytes: 4 * GIB }),
    ...overrides,
  };
}

export const anEtcdStatus = (
  partial: Partial<Seat> = {},
  overrides: Partial<EtcdMemberStatus> = {},
): EtcdMemberStatus => ({
  memberId: memberIdOf(seatOf(partial).number),
  leaderId: memberIdOf(1),
  dbSizeBytes: 64 * 1024 ** 2,
  dbSizeInUseBytes: 40 * 1024 ** 2,
  raftTerm: 4,
  raftIndex: 1000,
  raftAppliedIndex: 1000,
  isLearner: false,
  protocolVersion: '3.6.0',
  errors: [],
  ...overrides,
});

export const aMember = (
  partial: Partial<Seat> = {},
  overrides: Partial<EtcdMember> = {},
): EtcdMember => {
  const seat = seatOf(partial);
  return {
    id: memberIdOf(seat.number),
    hostname: nameOf(seat),
    peerUrls: [`https://${addressOf(seat.number)}:2380`],
    clientUrls: [`https://${addressOf(seat.number)}:2379`],
    isLearner: false,
    ...overrides,
  };
};

export const aKubeNode = (
  partial: Partial<Seat> = {},
  overrides: Partial<KubeNode> = {},
): KubeNode => {
  const seat = seatOf(partial);
  const name = asNodeName(nameOf(seat));
  return {
    name,
    uid: `uid-${name}`,
    isControlPlane: seat.isControlPlane,
    ready: 'True',
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
    isUnschedulable: false,
    isCordonedByTalos: false,
    taints: [],
    internalIps: [addressOf(seat.number)],
    externalIps: [],
    dnsNames: [name],
    kubeletVersion: 'v1.35.0',
    osImage: 'Talos (v1.12.4)',
    systemUuid: uuidOf(seat.number),
    bootId: `boot-${seat.number}`,
    isBeingDeleted: false,
    labels: {},
    annotations: {},
    ...overrides,
  };
};

export const aVmConfig = (
  partial: Partial<Seat> = {},
  overrides: Partial<VmConfig> = {},
): VmConfig => {
  const { number } = seatOf(partial);
  return {
    digest: 'd'.repeat(40),
    smbiosUuid: uuidOf(number),
    nics: [{ slot: 'net0', mac: macOf(number), bridge: 'vmbr0', isLinkDown: false }],
    bootOrder: ['scsi0'],
    disks: [
      {
        slot: 'scsi0',
        volume: `local-lvm:vm-${100 + number}-disk-0`,
        storage: 'local-lvm',
        sizeBytes: 20 * GIB,
        isCdrom: false,
      },
    ],
    cores: 4,
    memoryBytes: 4 * GIB,
    cpuType: 'host',
    bios: 'ovmf',
    hasGuestAgent: true,
    onBoot: true,
    ...overrides,
  };
};

export const aVm = (partial: Partial<Seat> = {}, overrides: Partial<Vm> = {}): Vm => {
  const seat = seatOf(partial);
  return {
    id: asVmId(100 + seat.number),
    pveNode: asPveNodeName('pve1'),
    name: nameOf(seat),
    status: 'running',
    isTemplate: false,
    lock: null,
    cpuRatio: 0.1,
    memoryUsedBytes: 2 * GIB,
    memoryTotalBytes: 4 * GIB,
    uptimeMs: 3_600_000,
    tags: ['talos'],
    config: fresh(aVmConfig(seat)),
    ...overrides,
  };
};

export const aPveCluster = (overrides: Partial<PveCluster> = {}): PveCluster => ({
  name: null,
  isQuorate: true,
  nodes: [
    {
      name: asPveNodeName('pve1'),
      isOnline: true,
      cpuRatio: 0.2,
      memoryUsedBytes: 20 * GIB,
      memoryTotalBytes: 64 * GIB,
      uptimeMs: 86_400_000,
    },
  ],
  release: '9.1',
  ...overrides,
});

export const aStorage = (overrides: Partial<PveStorage> = {}): PveStorage => ({
  pveNode: asPveNodeName('pve1'),
  name: 'local-lvm',
  type: 'lvmthin',
  isShared: false,
  isAvailable: true,
  usedBytes: 100 * GIB,
  totalBytes: 400 * GIB,
  ...overrides,
});

export const aCsr = (overrides: Partial<Csr> = {}): Csr => ({
  name: 'csr-x7k2p',
  uid: 'csr-uid-1',
  resourceVersion: '100',
  createdAtMs: NOW_MS - 120_000,
  signerName: 'kubernetes.io/kubelet-serving',
  username: 'system:node:w-4',
  groups: ['system:nodes', 'system:authenticated'],
  usages: ['digital signature', 'server auth'],
  expirationSeconds: null,
  requestPem: '',
  state: 'pending',
  decidedAtMs: null,
  certificatePem: null,
  ...overrides,
});

export const aCatalogueEntry = (overrides: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
  file: '/var/lib/talos-tui/snapshots/home/2026-11-20T11-00-00Z-cp-1.snapshot',
  cluster: 'home',
  clusterId: 'cluster-1',
  memberId: memberIdOf(1),
  sourceNode: 'cp-1',
  takenAtMs: NOW_MS - 3_600_000,
  sizeBytes: 64 * 1024 ** 2,
  sha256: 'a'.repeat(64),
  revision: 12_345,
  totalKeys: 900,
  hash: 'deadbeef',
  talosVersion: 'v1.12.4',
  kubernetesVersion: 'v1.35.0',
  etcdVersion: '3.6.0',
  durationMs: 900,
  isVerified: true,
  problems: [],
  ...overrides,
});

/** All parts of a world, to be changed before `worldSnapshot` puts them together. */
export interface World {
  readonly nodes: readonly TalosNode[];
  readonly members: readonly EtcdMember[];
  readonly kubeNodes: readonly KubeNode[];
  readonly vms: readonly Vm[];
}

/** `controlPlanes` machines numbered from 1, then the workers. The first control plane leads and holds the VIP. */
export function aWorld(controlPlanes = 3, workers = 2): World {
  const seats: readonly Seat[] = Array.from({ length: controlPlanes + workers }, (_, index) => ({
    number: index + 1,
    isControlPlane: index < controlPlanes,
  }));
  const members = seats.filter((seat) => seat.isControlPlane).map((seat) => aMember(seat));
  return {
    nodes: seats.map((seat) => {
      const node = aTalosNode(seat, seat.isControlPlane ? { etcdMembers: fresh(members) } : {});
      return seat.number === 1 ? withAddress(node, '10.0.0.20') : node;
    }),
    members,
    kubeNodes: seats.map((seat) => aKubeNode(seat)),
    vms: seats.map((seat) => aVm(seat)),
  };
}

/** The node with one more address, on its first link. */
export function withAddress(node: TalosNode, address: string): TalosNode {
  const own = knownValue(node.addresses) ?? [];
  return {
    ...node,
    addresses: fresh([
      ...own,
      { address: asIpAddress(address), prefixLength: 32, linkName: 'eth0' },
    ]),
  };
}

/** Everything fresh. */
export const worldSnapshot = (world: World, overrides: Partial<Snapshot> = {}): Snapshot =>
  aSnapshot({
    nodes: world.nodes,
    talosMembers: fresh(
      world.nodes.map((node) => {
        const identity = knownValue(node.identity);
        return {
          nodeId: `id-${node.address}`,
          hostname: identity?.hostname ?? '',
          addresses: [node.address],
          machineType: identity?.machineType ?? 'unknown',
          operatingSystem: 'Talos (v1.12.4)',
        };
      }),
    ),
    etcdMembers: fresh(world.members),
    etcdAlarms: fresh([]),
    kubeNodes: fresh(world.kubeNodes),
    kubeHealth: fresh({
      isReady: true,
      failedChecks: [],
      serverVersion: 'v1.35.0',
      viaServer: null,
    }),
    csrs: fresh([]),
    kubeEvents: fresh([]),
    leases: fresh([]),
    pdbs: fresh([]),
    pve: fresh(aPveCluster()),
    vms: fresh(world.vms),
    storages: fresh([aStorage()]),
    pveTasks: fresh([]),
    host: fresh({
      hostname: 'pve1',
      isPveHost: true,
      isRoot: true,
      loadAverage: 0.4,
      cpuCount: 8,
      memoryUsedBytes: 20 * GIB,
      memoryTotalBytes: 64 * GIB,
    }),
    catalogue: fresh([aCatalogueEntry()]),
    runs: fresh([]),
    ...overrides,
  });

/** A node that answered before and does not now: every slot is stale. */
export const silenced = (node: TalosNode, error: OperatorError = silence()): TalosNode => ({
  ...node,
  version: asStale(node.version, error),
  status: asStale(node.status, error),
  identity: asStale(node.identity, error),
  addresses: asStale(node.addresses, error),
  links: asStale(node.links, error),
  vipOperators: asStale(node.vipOperators, error),
  image: asStale(node.image, error),
  services: asStale(node.services, error),
  etcd: node.etcd.state === 'waiting' ? node.etcd : asStale(node.etcd, error),
  etcdMembers:
    node.etcdMembers.state === 'waiting' ? node.etcdMembers : asStale(node.etcdMembers, error),
  usage: asStale(node.usage, error),
});

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
