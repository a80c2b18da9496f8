import { talosMinor } from './talos-version.js';
import type { LabNode, LabService, ServiceState, World } from './types.js';

const SERVICE_EVENTS_KEPT = 20;
export const HEALTHY = 'Health check successful';

interface Fact {
  readonly id: string;
  readonly hasCheck: boolean;
  /** What it runs as: a container, a process of its own, or a part of machined. */
  readonly runsAs: 'container' | 'process' | 'goroutine';
  readonly isOn: (node: LabNode) => boolean;
}

const always = (): boolean => true;
const onControlPlane = ({ role }: LabNode): boolean => role === 'controlplane';
/** Present with the extension that brings it. */
const withExtension =
  (name: string) =>
  ({ extensions }: LabNode): boolean =>
    extensions.some((extension) => extension.name === name);

/** talos@1.12: ids in the order in which `talosctl services` sorts them. */
const SERVICES: readonly Fact[] = [
  { id: 'apid', hasCheck: true, runsAs: 'container', isOn: always },
  { id: 'auditd', hasCheck: true, runsAs: 'goroutine', isOn: always },
  { id: 'containerd', hasCheck: true, runsAs: 'process', isOn: always },
  { id: 'cri', hasCheck: true, runsAs: 'process', isOn: always },
  { id: 'dashboard', hasCheck: false, runsAs: 'process', isOn: always },
  { id: 'etcd', hasCheck: true, runsAs: 'container', isOn: onControlPlane },
  { id: 'ext-iscsid', hasCheck: false, runsAs: 'container', isOn: withExtension('iscsi-tools') },
  {
    id: 'ext-qemu-guest-agent',
    hasCheck: false,
    runsAs: 'container',
    isOn: withExtension('qemu-guest-agent'),
  },
  { id: 'ext-tailscale', hasCheck: false, runsAs: 'container', isOn: withExtension('tailscale') },
  { id: 'kubelet', hasCheck: true, runsAs: 'container', isOn: always },
  { id: 'machined', hasCheck: true, runsAs: 'goroutine', isOn: always },
  {
    id: 'sandboxd',
    hasCheck: true,
    runsAs: 'process',
    isOn: ({ talosVersion }) => talosMinor(talosVersion) >= 14,
  },
  { id: 'syslogd', hasCheck: true, runsAs: 'goroutine', isOn: always },
  { id: 'trustd', hasCheck: true, runsAs: 'container', isOn: onControlPlane },
  { id: 'udevd', hasCheck: true, runsAs: 'process', isOn: always },
];

const BY_ID: ReadonlyMap<string, Fact> = new Map(SERVICES.map((fact) => [fact.id, fact]));

export const serviceIdsOf = (node: LabNode): readonly string[] =>
  SERVICES.filter(({ isOn }) => isOn(node)).map(({ id }) => id);

export const hasHealthCheck = (serviceId: string): boolean =>
  BY_ID.get(serviceId)?.hasCheck ?? false;

/** talos: machine_status.go, services that must run before a machine is ready. */
export const requiredServices = (node: LabNode): readonly string[] => [
  'apid',
  'machined',
  'kubelet',
  ...(node.role === 'controlplane' ? ['etcd', 'trustd'] : []),
];

const startedText = (id: string, pid: number): string => {
  const runsAs = BY_ID.get(id)?.runsAs;
  if (runsAs === 'goroutine') return 'Service started as goroutine';
  return runsAs === 'container'
    ? `Started task ${id} (PID ${pid}) for container ${id}`
    : `Process Process(["/sbin/init" "${id}"]) started with PID ${pid}`;
};

/** The pid that the service itself named when it started. */
export const saidPid = (service: LabService): string =>
  service.events
    .map(({ message }) => /PID (\d+)/.exec(message)?.[1])
    .findLast((pid) => pid !== undefined) ?? '1';

export function stoppedText(service: LabService): string {
  const { id } = service;
  switch (BY_ID.get(id)?.runsAs) {
    case 'container':
      return `Sending SIGTERM to task ${id} (PID ${saidPid(service)}, container ${id})`;
    case 'process':
      return `Sending SIGTERM to Process(["/sbin/init" "${id}"])`;
    default:
      return 'Service stopping';
  }
}

export function setService(
  service: LabService,
  state: ServiceState,
  message: string,
  atMs: number,
): void {
  service.state = state;
  service.events = [...service.events, { atMs, state, message }].slice(-SERVICE_EVENTS_KEPT);
}

/** A transition as machined makes it: in the service's history and in the log. */
export function tell(
  world: World,
  node: LabNode,
  service: LabService,
  state: ServiceState,
  message: string,
): void {
  const nowMs = world.clock.now();
  setService(service, state, message, nowMs);
  node.journal.say(nowMs, `service[${service.id}](${state}): ${message}`);
}

/** The steps of a start, in order; `waitsFor` is what it has to wait for first. */
export function tellStart(
  world: World,
  node: LabNode,
  service: LabService,
  pid: number,
  waitsFor: string | null,
): void {
  tell(world, node, service, 'Starting', 'Starting service');
  if (waitsFor !== null) tell(world, node, service, 'Waiting', `Waiting for ${waitsFor}`);
  tell(world, node, service, 'Preparing', 'Running pre state');
  tell(world, node, service, 'Preparing', 'Creating service runner');
  tell(world, node, service, 'Running', startedText(service.id, pid));
}

const DEPENDS: Readonly<Record<string, string>> = {
  apid: 'service "containerd" to be "up", api certificates',
  etcd: 'service "cri" to be "up", time sync, network, etcd spec',
  kubelet: 'service "cri" to be "up", time sync, network',
  trustd: 'service "containerd" to be "up", time sync, network',
  cri: 'network',
};

/** siderolabs/extensions: services whose definition says `configuration: true`. */
const CONFIGURED = [
  'ext-tailscale',
  'ext-cloudflared',
  'ext-newt',
  'ext-netbird',
  'ext-nut-client',
];

/** The lab's own configuration has what its extensions need. */
export function lacksConfig(node: LabNode, id: string): boolean {
  const settings = node.machine.config?.settings ?? null;
  if (settings === null || !CONFIGURED.includes(id)) return false;
  return !settings.extensionConfigs.includes(id.replace(/^ext-/, ''));
}

export const waitsFor = (id: string): string | null =>
  id.startsWith('ext-') ? 'service "containerd" to be "up"' : (DEPENDS[id] ?? null);

export const freshService = (id: string, atMs: number): LabService => ({
  id,
  state: 'Initialized',
  isHealthy: null,
  lastMessage: '',
  events: [],
  healthChangedAtMs: atMs,
});

/** One that has been running since a boot long ago. */
export function runningService(id: string, atMs: number): LabService {
  const service = freshService(id, atMs);
  setService(service, 'Starting', 'Starting service', atMs);
  setService(service, 'Preparing', 'Running pre state', atMs + 20);
  setService(service, 'Preparing', 'Creating service runner', atMs + 400);
  setService(service, 'Running', startedText(id, 1800 + id.length * 7), atMs + 1200);
  if (hasHealthCheck(id)) {
    setService(service, 'Running', HEALTHY, atMs + 2300);
    service.isHealthy = true;
    service.lastMessage = '';
    service.healthChangedAtMs = atMs + 2300;
  }
  return service;
}
