import { hasQuorum, memberOf, settleEtcd, transferLeadership } from './etcd.js';
import { kubeletStarts } from './kubelet.js';
import { touchNode } from './node.js';
import { etcdStarts, etcdStops } from './talos-etcd.js';
import {
  HEALTHY,
  hasHealthCheck,
  lacksConfig,
  requiredServices,
  stoppedText,
  tell,
  tellStart,
  waitsFor,
} from './talos-services.js';
import type { LabNode, World } from './types.js';
import { releaseVip, settleVip } from './vip.js';

const HEALTH_AFTER_MS = 1500;
/** Period and time-out of the check. */
const ETCD_FAILS_MS = 15_000;
const ETCD_HEALS_MS = 4000;
const TIMED_OUT = 'context deadline exceeded';

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
    for (const node of changed) setHealth(world, node, 'etcd', isGood, isGood ? '' : TIMED_OUT);
    if (changed.length > 0) settle(world);
  });
}

/** Runs unless the machine loses its power or starts anew meanwhile. */
export function laterInLife(world: World, node: LabNode, ms: number, run: () => void): void {
  const epoch = node.powerEpoch;
  world.clock.after(ms, () => {
    if (node.powerEpoch === epoch) run();
  });
}

/** Tries again and again, without hurrying an infinite time scale, until it works or the machine's life ends. */
export function retryInLife(
  world: World,
  node: LabNode,
  everyMs: number,
  attempt: () => boolean,
): void {
  const epoch = node.powerEpoch;
  const stop = world.clock.every(everyMs, () => {
    if (node.powerEpoch !== epoch || attempt()) stop();
  });
}

/** Starts a service that is defined on this node. etcd may have to wait for its cluster. */
export function startService(world: World, node: LabNode, id: string): void {
  const service = node.services.get(id);
  if (id === 'etcd') etcdStarts(world, node);
  else if (service !== undefined && lacksConfig(node, id)) {
    tell(world, node, service, 'Starting', 'Starting service');
    tell(world, node, service, 'Waiting', 'Waiting for extension service config');
    touchNode(world, node);
  } else runService(world, node, id);
}

/** The process of the service runs from here on. */
export function runService(world: World, node: LabNode, id: string): void {
  const service = node.services.get(id);
  if (service === undefined) return;
  service.isHealthy = null;
  service.lastMessage = '';
  tellStart(world, node, service, 1400 + world.random.int(0, 900), waitsFor(id));
  if (hasHealthCheck(id)) {
    laterInLife(world, node, HEALTH_AFTER_MS, () => {
      if (service.state !== 'Running') return;
      // etcd is judged by the quorum, not by its process.
      const isGood = id !== 'etcd' || hasQuorum(world);
      setHealth(world, node, id, isGood, isGood ? '' : TIMED_OUT);
      settle(world);
    });
  }
  touchNode(world, node);
  if (id === 'apid') world.touch(`node:${node.hostname}`);
  if (id === 'etcd') settle(world);
  if (id === 'kubelet') kubeletStarts(world, node);
  checkBoot(node);
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
  tell(world, node, service, 'Running', isHealthy ? HEALTHY : `Health check failed: ${message}`);
  touchNode(world, node);
  checkBoot(node);
}

/** talos: a service with a health check is up when it is healthy, any other when it runs. */
export function areServicesUp(node: LabNode): boolean {
  return [...requiredServices(node), 'containerd', 'cri', 'udevd'].every((id) => {
    const service = node.services.get(id);
    return service?.state === 'Running' && (!hasHealthCheck(id) || service.isHealthy === true);
  });
}

function checkBoot(node: LabNode): void {
  if (node.machine.whenUp === null || !areServicesUp(node)) return;
  const { whenUp } = node.machine;
  node.machine.whenUp = null;
  whenUp();
}

export function stopService(world: World, node: LabNode, id: string): void {
  const service = node.services.get(id);
  if (service === undefined || ['Initialized', 'Finished', 'Skipped'].includes(service.state)) {
    return;
  }
  if (id === 'kubelet') {
    node.isKubeletUp = false;
    if (world.vip.holder === node.hostname && node.stage !== 'running') releaseVip(world);
  }
  if (id === 'etcd') {
    if (world.etcd.leaderId === memberOf(world, node.hostname)?.id) transferLeadership(world);
    etcdStops(node);
  }
  if (service.state === 'Running') tell(world, node, service, 'Stopping', stoppedText(service));
  tell(world, node, service, 'Finished', 'Service finished successfully');
  service.isHealthy = hasHealthCheck(id) ? false : null;
  service.lastMessage = hasHealthCheck(id) ? 'service not running' : '';
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
  node.machine.booted = null;
  node.machine.sequence = null;
  node.machine.isHalted = false;
  node.machine.whenUp = null;
  node.machine.whenConfigured = null;
  node.machine.recovery = null;
  node.machine.endTrial?.();
  node.machine.endTrial = null;
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
