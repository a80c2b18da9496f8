import type { NodeTarget } from '../../src/actions/node-target.js';
import type { PlanContext } from '../../src/actions/types.js';
import { asNodeName, asPveNodeName, asVmId, type IpAddress } from '../../src/model/ids.js';
import {
  type InspectedPod,
  type Inspection,
  type KubeInspection,
  NOTHING_INSPECTED,
  type NodeInspection,
  type StorageInspection,
  storageKey,
  type VmInspection,
} from '../../src/model/inspection.js';
import { freshValue, type Reading } from '../../src/model/reading.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { TalosNode } from '../../src/model/talos.js';
import {
  aCatalogueEntry,
  addressOf,
  aWorld,
  fresh,
  GIB,
  NOW_MS,
  nameOf,
  type World,
  worldSnapshot,
} from './builders.js';
import { aConnection, goodFacts } from './run-world.js';

/** Machine `number` of a built world as an action's target. */
export const aTarget = (number: number, isControlPlane = true): NodeTarget => ({
  address: addressOf(number),
  name: asNodeName(nameOf({ number, isControlPlane })),
  role: isControlPlane ? 'control-plane' : 'worker',
  vm: { pveNode: asPveNodeName('pve1'), id: asVmId(100 + number) },
});

export const aNodeInspection = (overrides: Partial<NodeInspection> = {}): NodeInspection => ({
  bootId: '11111111-1111-4111-8111-111111111111',
  isUki: true,
  isSecureBoot: false,
  installImage: null,
  hasExtraKernelArgs: false,
  ephemeralConfig: null,
  systemDisk: '/dev/sda',
  disks: [],
  ephemeral: null,
  ephemeralRoom: { freeBytes: 10 * GIB, sizeBytes: 15 * GIB },
  partitions: [],
  time: { isSynced: true, skewMs: 0 },
  staticPods: [],
  isManagedByOmni: false,
  ...overrides,
});

export const STATIC_PODS: NodeInspection['staticPods'] = [
  { name: 'kube-apiserver', isReady: true },
  { name: 'kube-controller-manager', isReady: true },
  { name: 'kube-scheduler', isReady: true },
];

export const aKubeInspection = (overrides: Partial<KubeInspection> = {}): KubeInspection => ({
  apiServers: [],
  pods: [],
  pdbs: [],
  capacityBytes: new Map(),
  stores: [],
  automations: [],
  ...overrides,
});

export const aPod = (overrides: Partial<InspectedPod> = {}): InspectedPod => ({
  namespace: 'web',
  name: 'api-1',
  node: asNodeName('cp-1'),
  phase: 'Running',
  isReady: true,
  restarts: 0,
  waitingReason: '',
  ownerKind: 'ReplicaSet',
  isMirror: false,
  hasEmptyDir: false,
  isBeingDeleted: false,
  labels: { app: 'api' },
  ...overrides,
});

export const aVmInspection = (overrides: Partial<VmInspection> = {}): VmInspection => ({
  digest: 'd'.repeat(40),
  status: 'running',
  qmpStatus: 'running',
  lock: null,
  bootOrder: ['scsi0'],
  pendingBootOrder: ['scsi0'],
  drives: [
    {
      slot: 'scsi0',
      volume: 'local-lvm:vm-101-disk-0',
      storage: 'local-lvm',
      sizeBytes: 20 * GIB,
      isCdrom: false,
      serial: null,
    },
    { slot: 'ide2', volume: 'none', storage: null, sizeBytes: null, isCdrom: true, serial: null },
  ],
  snapshots: [],
  runningTasks: [],
  haState: null,
  privileges: ['VM.Audit', 'VM.Config.CDROM', 'VM.Config.Disk', 'VM.PowerMgmt'],
  ...overrides,
});

export const aStorageInspection = (
  overrides: Partial<StorageInspection> = {},
): StorageInspection => ({
  type: 'lvmthin',
  totalBytes: 400 * GIB,
  usedBytes: 100 * GIB,
  availableBytes: 300 * GIB,
  thin: {
    dataBytes: 400 * GIB,
    dataUsedBytes: 100 * GIB,
    metadataBytes: 4 * GIB,
    metadataUsedBytes: GIB,
  },
  virtualBytes: 200 * GIB,
  privileges: ['Datastore.AllocateSpace', 'Datastore.Audit'],
  ...overrides,
});

/** Everything about these machines was read, and all of it is well. */
export function anInspection({ nodes, vms }: World): Inspection {
  const controlPlanes = nodes.filter(({ etcd }) => etcd.state === 'fresh');
  return {
    ...NOTHING_INSPECTED,
    nodes: new Map(
      nodes.map((node) => [
        node.address,
        fresh(
          aNodeInspection({
            bootId: `boot-${node.address.replaceAll('.', '-')}`,
            staticPods: controlPlanes.includes(node) ? STATIC_PODS : [],
          }),
        ),
      ]),
    ),
    kube: fresh(
      aKubeInspection({
        apiServers: controlPlanes.map(({ address }) => ({ address, isReady: true, text: 'ok' })),
      }),
    ),
    vms: new Map(vms.map(({ id }) => [id, fresh(aVmInspection())])),
    storages: new Map([
      [storageKey(asPveNodeName('pve1'), 'local-lvm'), fresh(aStorageInspection())],
    ]),
    configs: new Map(
      nodes.map(({ address }) => [address, fresh({ isValid: true, by: 'v1.12.4', remarks: [] })]),
    ),
    factory: fresh({ versions: [], officialExtensions: [] }),
  };
}

/** What planning sees of a world in which nothing is wrong. */
export function aPlanContext(
  world: World = aWorld(),
  change: Partial<Omit<PlanContext, 'snapshot'>> & { readonly snapshot?: Partial<Snapshot> } = {},
): PlanContext {
  const { snapshot, ...rest } = change;
  return {
    answers: {},
    connection: aConnection({
      proxmox: { url: 'https://10.0.0.2:8006', tokenFile: '/t', caFile: null, fingerprint: null },
    }),
    facts: goodFacts({ inspection: anInspection(world) }),
    nowMs: NOW_MS,
    ...rest,
    snapshot: worldSnapshot(world, {
      catalogue: fresh([aCatalogueEntry({ takenAtMs: NOW_MS - 600_000 })]),
      ...snapshot,
    }),
  };
}

export const withSnapshot = (context: PlanContext, change: Partial<Snapshot>): PlanContext => ({
  ...context,
  snapshot: { ...context.snapshot, ...change },
});

export const withInspection = (context: PlanContext, change: Partial<Inspection>): PlanContext => ({
  ...context,
  facts: { ...context.facts, inspection: { ...context.facts.inspection, ...change } },
});

export const withKube = (context: PlanContext, change: Partial<KubeInspection>): PlanContext => {
  const { kube } = context.facts.inspection;
  const value = freshValue(kube);
  return value === undefined
    ? context
    : withInspection(context, { kube: fresh({ ...value, ...change }) });
};

export function withNode(
  context: PlanContext,
  address: IpAddress,
  change: (node: TalosNode) => Partial<TalosNode>,
): PlanContext {
  const node = context.snapshot.talosNodes.get(address);
  if (node === undefined) return context;
  const talosNodes = new Map(context.snapshot.talosNodes);
  talosNodes.set(address, { ...node, ...change(node) });
  return withSnapshot(context, { talosNodes });
}

export const withNodeInspection = (
  context: PlanContext,
  address: IpAddress,
  change: (reading: Reading<NodeInspection>) => Reading<NodeInspection>,
): PlanContext => {
  const { nodes } = context.facts.inspection;
  const reading = nodes.get(address);
  return reading === undefined
    ? context
    : withInspection(context, { nodes: new Map(nodes).set(address, change(reading)) });
};

export const withVmInspection = (
  context: PlanContext,
  { vm }: NodeTarget,
  change: (reading: Reading<VmInspection>) => Reading<VmInspection>,
): PlanContext => {
  const { vms } = context.facts.inspection;
  const reading = vm === null ? undefined : vms.get(vm.id);
  return vm === null || reading === undefined
    ? context
    : withInspection(context, { vms: new Map(vms).set(vm.id, change(reading)) });
};
