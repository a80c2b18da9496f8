import { fractionOf, type Random } from './random.js';
import { refreshReadiness } from './readiness.js';
import { Journal } from './talos-journal.js';
import type { MachinePlan } from './topology.js';
import type { LabExtension, LabNode, LabService, Role, ServiceState, World } from './types.js';

const DAY_MS = 86_400_000;
const SERVICE_EVENTS_KEPT = 20;
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** talos@1.12: service ids in the order in which `talosctl services` sorts them. */
const SERVICES: readonly {
  readonly id: string;
  readonly roles: 'all' | 'controlplane';
  readonly hasCheck: boolean;
}[] = [
  { id: 'apid', roles: 'all', hasCheck: true },
  { id: 'auditd', roles: 'all', hasCheck: true },
  { id: 'containerd', roles: 'all', hasCheck: true },
  { id: 'cri', roles: 'all', hasCheck: true },
  { id: 'dashboard', roles: 'all', hasCheck: false },
  { id: 'etcd', roles: 'controlplane', hasCheck: true },
  { id: 'ext-iscsid', roles: 'all', hasCheck: false },
  { id: 'ext-qemu-guest-agent', roles: 'all', hasCheck: false },
  { id: 'kubelet', roles: 'all', hasCheck: true },
  { id: 'machined', roles: 'all', hasCheck: true },
  { id: 'syslogd', roles: 'all', hasCheck: true },
  { id: 'trustd', roles: 'controlplane', hasCheck: true },
  { id: 'udevd', roles: 'all', hasCheck: true },
];

export const serviceIdsOf = (role: Role): readonly string[] =>
  SERVICES.filter(({ roles }) => roles === 'all' || role === 'controlplane').map(({ id }) => id);

export const hasHealthCheck = (serviceId: string): boolean =>
  SERVICES.some(({ id, hasCheck }) => id === serviceId && hasCheck);

/** talos@1.12 factory images: layers are numbered, the pseudo extension `schematic` is the last one. */
export function extensionsOf(names: readonly string[], schematic: string): readonly LabExtension[] {
  const real = names.map((name, position): LabExtension => {
    const known = KNOWN_EXTENSIONS[name] ?? { version: 'v1.0.0', description: name };
    return { name, ...known, author: 'Sidero Labs', image: `${position}.sqsh` };
  });
  return [
    ...real,
    {
      name: 'schematic',
      version: schematic,
      author: 'Image Factory',
      description:
        'Virtual extension which specifies the schematic of the image built with Image Factory.',
      image: `${real.length}.sqsh`,
    },
  ];
}

const KNOWN_EXTENSIONS: Readonly<
  Record<string, { readonly version: string; readonly description: string }>
> = {
  'iscsi-tools': {
    version: 'v0.2.0',
    description: 'This system extension provides iscsi-tools.',
  },
  'qemu-guest-agent': {
    version: '10.2.0',
    description: 'This system extension provides the QEMU Guest Agent service.',
  },
  'util-linux-tools': {
    version: '2.41.2',
    description: 'This system extension provides linux tools like fstrim.',
  },
};

export interface NodeImage {
  readonly talosVersion: string;
  readonly schematic: string;
  readonly extensions: readonly LabExtension[];
}

/** A machine that has been running for days. */
export function createNode(
  plan: MachinePlan,
  image: NodeImage,
  random: Random,
  nowMs: number,
  seed: number,
): LabNode {
  const upMs = DAY_MS * (3 + 9 * fractionOf(seed, `up:${plan.hostname}`));
  const bootedAtMs = Math.floor(nowMs - upMs);
  return {
    hostname: plan.hostname,
    role: plan.role,
    address: plan.address,
    mac: plan.mac,
    vmId: plan.vmId,
    smbiosUuid: random.uuid(),
    identity: random.text(43, BASE62),
    index: plan.index,
    isUp: true,
    isHung: false,
    isPartitioned: false,
    stage: 'running',
    isReady: true,
    unmetConditions: [],
    bootId: random.uuid(),
    bootedAtMs,
    ...image,
    platform: 'nocloud',
    services: new Map(
      serviceIdsOf(plan.role).map((id) => [id, runningService(id, bootedAtMs + 9000)]),
    ),
    journal: new Journal(),
    isKubeletUp: true,
    areStaticPodsUp: plan.role === 'controlplane',
    servingRequest: null,
    powerEpoch: 0,
    generation: 1,
  };
}

function runningService(id: string, atMs: number): LabService {
  const service: LabService = {
    id,
    state: 'Initialized',
    isHealthy: null,
    lastMessage: '',
    events: [],
    healthChangedAtMs: atMs,
  };
  setService(service, 'Preparing', 'Running pre state', atMs);
  setService(service, 'Running', startedText(id, 1800 + id.length * 7), atMs + 1200);
  if (hasHealthCheck(id)) {
    service.isHealthy = true;
    service.lastMessage = 'Health check successful';
    service.healthChangedAtMs = atMs + 2300;
  }
  return service;
}

export const startedText = (id: string, pid: number): string =>
  id === 'machined'
    ? 'Service started as goroutine'
    : id.startsWith('ext-') || ['kubelet', 'etcd', 'apid', 'trustd'].includes(id)
      ? `Started task ${id} (PID ${pid}) for container ${id}`
      : `Process Process(["/sbin/init" "${id}"]) started with PID ${pid}`;

export function setService(
  service: LabService,
  state: ServiceState,
  message: string,
  atMs: number,
): void {
  service.state = state;
  service.events = [...service.events, { atMs, state, message }].slice(-SERVICE_EVENTS_KEPT);
}

/** Says that the Talos API of this node now shows something else. */
export function touchNode(world: World, node: LabNode): void {
  refreshReadiness(world, node);
  node.generation += 1;
  world.touch(`talos:${node.hostname}`);
}

/** How a TCP client finds the machine: its Talos API listens as soon as apid runs. */
export function reachabilityOf(node: LabNode): 'answers' | 'silent' | 'refused' {
  if (!node.isUp || node.isPartitioned) return 'refused';
  if (node.services.get('apid')?.state !== 'Running') return 'refused';
  return node.isHung ? 'silent' : 'answers';
}

/** Works and is connected to its peers: what etcd and Kubernetes need of a machine. */
export const isAlive = (node: LabNode): boolean => node.isUp && !node.isHung && !node.isPartitioned;

export const controlPlanes = (world: World): readonly LabNode[] =>
  [...world.nodes.values()].filter((node) => node.role === 'controlplane');
