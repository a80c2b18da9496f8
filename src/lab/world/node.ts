import { dropFallback } from './boot-entries.js';
import { fractionOf, type Random } from './random.js';
import { refreshReadiness } from './readiness.js';
import { linkNameFor, type TalosImage } from './talos-image.js';
import { Journal } from './talos-journal.js';
import { blankMachine } from './talos-seed.js';
import { runningService, serviceIdsOf } from './talos-services.js';
import type { MachinePlan } from './topology.js';
import type { LabNode, World } from './types.js';

const DAY_MS = 86_400_000;
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A machine that has been running for days. */
export function createNode(
  plan: MachinePlan,
  image: TalosImage,
  random: Random,
  nowMs: number,
  seed: number,
): LabNode {
  const upMs = DAY_MS * (3 + 9 * fractionOf(seed, `up:${plan.hostname}`));
  const bootedAtMs = Math.floor(nowMs - upMs);
  const node: LabNode = {
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
    talosVersion: image.talosVersion,
    schematic: image.schematic ?? '',
    extensions: image.extensions,
    platform: image.platform,
    machine: blankMachine(linkNameFor(image)),
    services: new Map(),
    pulledImages: [],
    journal: new Journal(),
    isKubeletUp: true,
    areStaticPodsUp: plan.role === 'controlplane',
    servingRequest: null,
    powerEpoch: 0,
    generation: 1,
  };
  for (const id of serviceIdsOf(node)) {
    node.services.set(id, runningService(id, bootedAtMs + 9000));
  }
  return node;
}

/** Says that the Talos API of this node now shows something else. */
export function touchNode(world: World, node: LabNode): void {
  refreshReadiness(world, node);
  dropFallback(node, world.clock.now());
  node.generation += 1;
  world.touch(`talos:${node.hostname}`);
}

/** How a TCP client finds the machine: its Talos API listens as soon as apid runs. */
export function reachabilityOf(node: LabNode): 'answers' | 'silent' | 'refused' {
  if (!node.isUp || node.isPartitioned) return 'refused';
  const isListening =
    node.stage === 'maintenance' || node.services.get('apid')?.state === 'Running';
  if (!isListening) return 'refused';
  return node.isHung ? 'silent' : 'answers';
}

/** Works and is connected to its peers: what etcd and Kubernetes need of a machine. */
export const isAlive = (node: LabNode): boolean => node.isUp && !node.isHung && !node.isPartitioned;

export const controlPlanes = (world: World): readonly LabNode[] =>
  [...world.nodes.values()].filter((node) => node.role === 'controlplane');
