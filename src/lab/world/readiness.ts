import { conditionsOf } from './kube-node.js';
import { getObject } from './kube-store.js';
import { requiredServices } from './talos-services.js';
import type { LabNode, World } from './types.js';

type Unmet = LabNode['unmetConditions'][number];

const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/**
 * talos.md §5.1: `ready` means something in `booting` and `running` only; every other stage reports ready without
 * conditions.
 */
export function refreshReadiness(world: World, node: LabNode): void {
  const isMeaningful = node.stage === 'booting' || node.stage === 'running';
  node.unmetConditions = isMeaningful
    ? [...services(node), ...staticPods(node), ...nodeReady(world, node)]
    : [];
  node.isReady = node.unmetConditions.length === 0;
}

/** Talos knows running services only; of the others it misses those that it cannot do without. */
function services(node: LabNode): readonly Unmet[] {
  const running = [...node.services.values()].filter(({ state }) => state === 'Running');
  const unhealthy = running.filter(({ isHealthy }) => isHealthy === false);
  const missing = requiredServices(node).filter((id) => !running.some((each) => each.id === id));
  const reasons = [
    ...unhealthy.map(({ id }) => `${id} not healthy`),
    ...missing.map((id) => `${id} not running`),
  ];
  return reasons.length === 0 ? [] : [{ name: 'services', reason: reasons.join(', ') }];
}

function staticPods(node: LabNode): readonly Unmet[] {
  if (node.role !== 'controlplane' || node.areStaticPodsUp) return [];
  const pods = STATIC_PODS.map((name) => `kube-system/${name}-${node.hostname}`);
  return [{ name: 'staticPods', reason: `${pods.join(', ')} not ready` }];
}

function nodeReady(world: World, node: LabNode): readonly Unmet[] {
  const object = getObject(world, 'nodes', node.hostname);
  const ready = object && conditionsOf(object).find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return [];
  return [{ name: 'nodeReady', reason: `node "${node.hostname}" is not ready` }];
}
