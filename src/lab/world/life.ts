import { isKubeWritable } from './api-server.js';
import { hasQuorum, memberOf, settleEtcd, transferLeadership } from './etcd.js';
import { kubeletSaysGoodbye, kubeletStarts } from './kubelet.js';
import { hasHealthCheck, serviceIdsOf, setService, startedText, touchNode } from './node.js';
import { Journal } from './talos-journal.js';
import type { LabNode, LabService, World } from './types.js';
import { releaseVip, settleVip } from './vip.js';

/** Firmware, boot loader and kernel of a UEFI guest on a small host. */
const FIRMWARE_MS = 6500;
const HEALTH_AFTER_MS = 1500;
const HEALTHY = 'Health check successful';
/** Period and time-out of the check. */
const ETCD_FAILS_MS = 15_000;
const ETCD_HEALS_MS = 4000;

interface BootStep {
  readonly afterMs: number;
  readonly services: readonly string[];
}

/** talos@1.12 boot sequence, milliseconds after the kernel runs; real guests take 20–40 s. */
const BOOT: readonly BootStep[] = [
  { afterMs: 0, services: ['machined'] },
  { afterMs: 400, services: ['syslogd', 'auditd', 'udevd', 'containerd', 'dashboard'] },
  { afterMs: 2500, services: ['apid', 'trustd'] },
  { afterMs: 3500, services: ['cri', 'ext-iscsid', 'ext-qemu-guest-agent'] },
  { afterMs: 5500, services: ['etcd'] },
  { afterMs: 8500, services: ['kubelet'] },
];
const BOOT_DONE_MS = 10_500;
const STATIC_PODS_MS = 14_000;

/** talos@1.12 shutdown sequence: what stops when, milliseconds after the order. */
const SHUTDOWN: readonly BootStep[] = [
  { afterMs: 300, services: ['kubelet'] },
  { afterMs: 2500, services: ['etcd', 'trustd', 'ext-iscsid', 'ext-qemu-guest-agent'] },
  { afterMs: 3500, services: ['cri', 'apid'] },
];
const SHUTDOWN_DONE_MS = 4500;

/** Call after anything that changed who is alive. */
export function settle(world: World): void {
  settleEtcd(world);
  settleEtcdHealth(world);
  settleVip(world);
}

/** Talos' health check of etcd asks for a quorum: it fails on every member together, some seconds later. */
function settleEtcdHealth(world: World): void {
  const isGood = hasQuorum(world);
  const differs = (node: LabNode): boolean => {
    const service = node.services.get('etcd');
    return node.isUp && service?.state === 'Running' && service.isHealthy === !isGood;
  };
  if (![...world.nodes.values()].some(differs)) return;
  world.clock.after(isGood ? ETCD_HEALS_MS : ETCD_FAILS_MS, () => {
    if (hasQuorum(world) !== isGood) return;
    const changed = [...world.nodes.values()].filter(differs);
    for (const node of changed) {
      const message = isGood ? HEALTHY : 'context deadline exceeded';
      setHealth(world, node, 'etcd', isGood, message);
    }
    if (changed.length > 0) settle(world);
  });
}

function laterInLife(world: World, node: LabNode, ms: number, run: () => void): void {
  const epoch = node.powerEpoch;
  world.clock.after(ms, () => {
    if (node.powerEpoch === epoch) run();
  });
}

/** The VM has been given power. */
export function bootNode(world: World, node: LabNode): void {
  node.powerEpoch += 1;
  node.isHung = false;
  const pace = 0.85 + 0.4 * world.random.next();
  const at = (ms: number, run: () => void): void =>
    laterInLife(world, node, Math.floor((FIRMWARE_MS + ms) * pace), run);
  at(0, () => kernelRuns(world, node));
  for (const step of BOOT) {
    for (const id of step.services.filter((name) => serviceIdsOf(node.role).includes(name))) {
      at(step.afterMs, () => startService(world, node, id));
    }
  }
  at(BOOT_DONE_MS, () => {
    node.stage = 'running';
    touchNode(world, node);
    settle(world);
  });
  if (node.role === 'controlplane') {
    at(STATIC_PODS_MS, () => {
      node.areStaticPodsUp = true;
      touchNode(world, node);
      world.touch(`node:${node.hostname}`);
    });
  }
}

function kernelRuns(world: World, node: LabNode): void {
  const nowMs = world.clock.now();
  node.isUp = true;
  node.stage = 'booting';
  node.bootId = world.random.uuid();
  node.bootedAtMs = nowMs;
  node.journal = new Journal();
  node.services = new Map(
    serviceIdsOf(node.role).map((id) => [id, freshService(id, nowMs)] as const),
  );
  touchNode(world, node);
  world.touch(`node:${node.hostname}`);
}

const freshService = (id: string, atMs: number): LabService => ({
  id,
  state: 'Initialized',
  isHealthy: null,
  lastMessage: '',
  events: [],
  healthChangedAtMs: atMs,
});

function startService(world: World, node: LabNode, id: string): void {
  const service = node.services.get(id);
  if (service === undefined) return;
  setService(service, 'Preparing', 'Running pre state', world.clock.now());
  const pid = 1400 + world.random.int(0, 900);
  setService(service, 'Running', startedText(id, pid), world.clock.now());
  if (hasHealthCheck(id)) {
    laterInLife(world, node, HEALTH_AFTER_MS, () => {
      // etcd is judged by the quorum, not by its process.
      if (id !== 'etcd' || hasQuorum(world)) setHealth(world, node, id, true, HEALTHY);
      else setHealth(world, node, id, false, 'context deadline exceeded');
      settle(world);
    });
  }
  touchNode(world, node);
  if (id === 'apid') world.touch(`node:${node.hostname}`);
  if (id === 'etcd') settle(world);
  if (id === 'kubelet') kubeletStarts(world, node);
}

export function setHealth(
  world: World,
  node: LabNode,
  id: string,
  isHealthy: boolean,
  message: string,
): void {
  const service = node.services.get(id);
  if (service === undefined || service.isHealthy === isHealthy) return;
  service.isHealthy = isHealthy;
  service.lastMessage = message;
  service.healthChangedAtMs = world.clock.now();
  touchNode(world, node);
}

/** An orderly stop: etcd hands over, the virtual address moves at once. `whenDown` runs when power may go. */
export function shutdownNode(
  world: World,
  node: LabNode,
  stage: 'shutting down' | 'rebooting',
  whenDown: () => void,
): void {
  node.powerEpoch += 1;
  node.stage = stage;
  if (isKubeWritable(world)) kubeletSaysGoodbye(world, node);
  touchNode(world, node);
  for (const step of SHUTDOWN) {
    laterInLife(world, node, step.afterMs, () => {
      for (const id of step.services) stopService(world, node, id);
      settle(world);
    });
  }
  laterInLife(world, node, SHUTDOWN_DONE_MS, () => {
    powerGone(world, node);
    whenDown();
  });
}

function stopService(world: World, node: LabNode, id: string): void {
  const service = node.services.get(id);
  if (service === undefined) return;
  if (id === 'kubelet') {
    node.isKubeletUp = false;
    node.areStaticPodsUp = false;
    if (world.vip.holder === node.hostname) releaseVip(world);
  }
  if (id === 'etcd' && world.etcd.leaderId === memberOf(world, node.hostname)?.id) {
    transferLeadership(world);
  }
  setService(service, 'Finished', 'Service finished successfully', world.clock.now());
  service.isHealthy = null;
  touchNode(world, node);
  world.touch(`node:${node.hostname}`);
}

/** No power: at the end of a shutdown, or in the middle of anything. */
export function powerGone(world: World, node: LabNode): void {
  node.powerEpoch += 1;
  node.isUp = false;
  node.isHung = false;
  node.isKubeletUp = false;
  node.areStaticPodsUp = false;
  touchNode(world, node);
  world.touch(`node:${node.hostname}`);
  settle(world);
}

/** The guest freezes: connections are accepted by the host's backlog and nobody answers. */
export function hangNode(world: World, node: LabNode): void {
  node.isHung = true;
  world.touch(`node:${node.hostname}`, `talos:${node.hostname}`);
  settle(world);
}

export function unhangNode(world: World, node: LabNode): void {
  node.isHung = false;
  world.touch(`node:${node.hostname}`, `talos:${node.hostname}`);
  settle(world);
}

export function setPartition(world: World, node: LabNode, isPartitioned: boolean): void {
  node.isPartitioned = isPartitioned;
  world.touch(`node:${node.hostname}`, `talos:${node.hostname}`);
  settle(world);
}
