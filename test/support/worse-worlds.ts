import fc from 'fast-check';
import type { PlanContext } from '../../src/actions/types.js';
import { asPveNodeName, type IpAddress } from '../../src/model/ids.js';
import { type NodeInspection, storageKey, type VmInspection } from '../../src/model/inspection.js';
import type { KubeNode } from '../../src/model/kubernetes.js';
import { afterFailure, fresh, mapReading, type Reading, WAITING } from '../../src/model/reading.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { EtcdMemberStatus, TalosNode } from '../../src/model/talos.js';
import { addressOf, memberIdOf, NOW_MS, silence } from './builders.js';
import {
  aTarget,
  withInspection,
  withKube,
  withNode,
  withNodeInspection,
  withSnapshot,
  withVmInspection,
} from './plan-contexts.js';

export interface Change {
  readonly name: string;
  readonly apply: (context: PlanContext) => PlanContext;
}

/** The three ways in which a reading is not fresh. */
const BLIND = {
  waiting: () => WAITING,
  stale: <T>(reading: Reading<T>): Reading<T> => afterFailure(reading, silence(), NOW_MS),
  failed: (): Reading<never> => ({ state: 'failed', error: silence(), failedAtMs: NOW_MS }),
} as const;

type Blind = keyof typeof BLIND;
const BLINDS = Object.keys(BLIND) as readonly Blind[];

const SNAPSHOT_SLOTS = [
  'talosMembers',
  'etcdMembers',
  'etcdAlarms',
  'kubeNodes',
  'pve',
  'vms',
  'catalogue',
] as const satisfies readonly (keyof Snapshot)[];

const NODE_SLOTS = [
  'status',
  'identity',
  'etcd',
  'services',
  'etcdMembers',
] as const satisfies readonly (keyof TalosNode)[];

/** Every reading that some gate needs, about machine `number`, made unreliable in each way. */
export const blindings = (
  number: number,
  isControlPlane = true,
): readonly (Change & { readonly slot: string })[] =>
  BLINDS.flatMap((how) => {
    const blind = BLIND[how];
    const address = addressOf(number);
    const entry = (slot: string, apply: Change['apply']) => ({
      slot,
      name: `${slot} ${how}`,
      apply,
    });
    return [
      ...SNAPSHOT_SLOTS.map((slot) =>
        entry(slot, (context) =>
          withSnapshot(context, { [slot]: blind<unknown>(context.snapshot[slot]) }),
        ),
      ),
      ...NODE_SLOTS.map((slot) =>
        entry(`node.${slot}`, (context) =>
          withNode(context, address, (node) => ({ [slot]: blind<unknown>(node[slot]) })),
        ),
      ),
      entry('inspection.kube', (context) =>
        withInspection(context, { kube: blind(context.facts.inspection.kube) }),
      ),
      entry('inspection.node', (context) => withNodeInspection(context, address, blind)),
      entry('inspection.config', (context) => withConfig(context, address, blind)),
      entry('inspection.vm', (context) =>
        withVmInspection(context, aTarget(number, isControlPlane), blind),
      ),
      entry('inspection.storage', (context) => withStorages(context, blind)),
    ];
  });

const withConfig = (
  context: PlanContext,
  address: IpAddress,
  change: <T>(reading: Reading<T>) => Reading<T>,
): PlanContext => {
  const { configs } = context.facts.inspection;
  const reading = configs.get(address);
  return reading === undefined
    ? context
    : withInspection(context, { configs: new Map(configs).set(address, change(reading)) });
};

const withStorages = (
  context: PlanContext,
  change: <T>(reading: Reading<T>) => Reading<T>,
): PlanContext => {
  const key = storageKey(asPveNodeName('pve1'), 'local-lvm');
  const { storages } = context.facts.inspection;
  const reading = storages.get(key);
  return reading === undefined
    ? context
    : withInspection(context, { storages: new Map(storages).set(key, change(reading)) });
};

const worsened = (name: string, apply: Change['apply']): Change => ({ name, apply });

/** Things that go wrong around machine `number`; none of them is ever an improvement. */
export const worsenings = (number: number, isControlPlane = true): readonly Change[] => [
  ...kubeWorsenings(number),
  ...talosWorsenings(number),
  ...(isControlPlane ? etcdWorsenings(number) : []),
  ...pveWorsenings(number, isControlPlane),
  worsened('the snapshots are lost', (context) =>
    withSnapshot(context, { catalogue: fresh([], NOW_MS) }),
  ),
];

function kubeWorsenings(number: number): readonly Change[] {
  const node = (name: string, change: (node: KubeNode) => Partial<KubeNode>) =>
    worsened(name, (context) =>
      withSnapshot(context, {
        kubeNodes: mapReading(context.snapshot.kubeNodes, (nodes) =>
          nodes.map((each) =>
            each.internalIps.includes(addressOf(number)) ? { ...each, ...change(each) } : each,
          ),
        ),
      }),
    );
  const kube = (name: string, change: Parameters<typeof withKube>[1]) =>
    worsened(name, (context) => withKube(context, change));
  return [
    node('NotReady', () => ({ ready: 'False' })),
    node('lost kubelet', () => ({ ready: 'Unknown' })),
    node('cordoned', () => ({ isUnschedulable: true })),
    node('being deleted', () => ({ isBeingDeleted: true })),
    ...(['True', 'Unknown'] as const).map((status) =>
      node(`DiskPressure ${status}`, ({ conditions }) => ({
        conditions: [...conditions, { type: 'DiskPressure', status, reason: '', message: '' }],
      })),
    ),
    kube('no API server is told', { apiServers: [] }),
    kube('a store is degraded', {
      stores: [
        {
          kind: 'longhorn',
          namespace: 'l',
          name: 'v',
          isHealthy: false,
          text: 'degraded',
          copiesOn: [],
        },
      ],
    }),
    kube('kured is at work', { automations: [{ tool: 'kured', isActive: true, text: 'reboots' }] }),
    worsened('an API server is down', (context) => {
      const { kube: reading } = context.facts.inspection;
      return withInspection(context, {
        kube: mapReading(reading, (value) => ({
          ...value,
          apiServers: value.apiServers.map((each) =>
            each.address === addressOf(number) ? { ...each, isReady: false } : each,
          ),
        })),
      });
    }),
  ];
}

function talosWorsenings(number: number): readonly Change[] {
  const inspected = (name: string, change: (node: NodeInspection) => Partial<NodeInspection>) =>
    worsened(name, (context) =>
      withNodeInspection(context, addressOf(number), (reading) =>
        mapReading(reading, (value) => ({ ...value, ...change(value) })),
      ),
    );
  const status = (
    name: string,
    value: Partial<{ stage: 'booting' | 'rebooting'; ready: boolean }>,
  ) =>
    worsened(name, (context) =>
      withNode(context, addressOf(number), (node) => ({
        status: mapReading(node.status, (before) => ({ ...before, ...value })),
      })),
    );
  return [
    status('booting', { stage: 'booting' }),
    status('rebooting', { stage: 'rebooting' }),
    status('not ready', { ready: false }),
    inspected('static pods not ready', ({ staticPods }) => ({
      staticPods: staticPods.map((pod) => ({ ...pod, isReady: false })),
    })),
    inspected('clock not synchronised', ({ time }) => ({ time: { ...time, isSynced: false } })),
    inspected('clock far behind', ({ time }) => ({ time: { ...time, skewMs: -14_000 } })),
    inspected('clock not read', ({ time }) => ({ time: { ...time, skewMs: null } })),
    inspected('managed by Omni', () => ({ isManagedByOmni: true })),
    worsened('a member that nobody knows', (context) =>
      withSnapshot(context, {
        talosMembers: mapReading(context.snapshot.talosMembers, (members) =>
          members.map((each) => ({ ...each, addresses: [] })),
        ),
      }),
    ),
  ];
}

function etcdWorsenings(number: number): readonly Change[] {
  const etcd = (name: string, change: (status: EtcdMemberStatus) => Partial<EtcdMemberStatus>) =>
    worsened(name, (context) =>
      withNode(context, addressOf(number), (node) => ({
        etcd: mapReading(node.etcd, (status) => ({ ...status, ...change(status) })),
      })),
    );
  return [
    etcd('etcd has an error', () => ({ errors: ['NOSPACE'] })),
    etcd('etcd sees no leader', () => ({ leaderId: '0'.repeat(16) })),
    etcd('etcd lags', ({ raftAppliedIndex }) => ({ raftAppliedIndex: raftAppliedIndex - 5_000 })),
    worsened('an alarm', (context) =>
      withSnapshot(context, {
        etcdAlarms: fresh([{ memberId: memberIdOf(number), alarm: 'NOSPACE' }], NOW_MS),
      }),
    ),
    worsened('a learner', (context) =>
      withSnapshot(context, {
        etcdMembers: mapReading(context.snapshot.etcdMembers, (members) => [
          ...members.filter(({ hostname }) => hostname !== 'new'),
          { id: memberIdOf(99), hostname: 'new', peerUrls: [], clientUrls: [], isLearner: true },
        ]),
      }),
    ),
  ];
}

function pveWorsenings(number: number, isControlPlane: boolean): readonly Change[] {
  const vm = (name: string, change: Partial<VmInspection>) =>
    worsened(name, (context) =>
      withVmInspection(context, aTarget(number, isControlPlane), (reading) =>
        mapReading(reading, (value) => ({ ...value, ...change })),
      ),
    );
  return [
    vm('locked', { lock: 'backup' }),
    vm('a task runs', { runningTasks: [{ upid: 'UPID:1', type: 'vzdump' }] }),
    vm('HA error', { haState: 'error' }),
    vm('starts from ISO', {
      pendingBootOrder: ['ide3', 'scsi0'],
      drives: [
        {
          slot: 'ide3',
          volume: 'local:iso/talos.iso',
          storage: 'local',
          sizeBytes: 1,
          isCdrom: true,
          serial: null,
        },
      ],
    }),
    worsened('no quorum in Proxmox', (context) =>
      withSnapshot(context, {
        pve: mapReading(context.snapshot.pve, (pve) => ({ ...pve, isQuorate: false })),
      }),
    ),
    worsened('a host offline', (context) =>
      withSnapshot(context, {
        pve: mapReading(context.snapshot.pve, (pve) => ({
          ...pve,
          nodes: pve.nodes.map((node) => ({ ...node, isOnline: false })),
        })),
      }),
    ),
    worsened('the pool is full', (context) =>
      withStorages(context, (reading) =>
        mapReading(reading, (value) => ({ ...value, availableBytes: 0, thin: null })),
      ),
    ),
  ];
}

/** Sequences of things that go wrong or out of sight, at any of these machines. */
export const decline = (numbers: readonly { number: number; isControlPlane: boolean }[]) =>
  fc.array(
    fc.constantFrom(
      ...numbers.flatMap(({ number, isControlPlane }): readonly Change[] => [
        ...worsenings(number, isControlPlane),
        ...blindings(number, isControlPlane),
      ]),
    ),
    { minLength: 1, maxLength: 6 },
  );
