import { getObject, putObject } from './kube-store.js';
import { laterInLife, startService, stopService } from './life.js';
import { touchNode } from './node.js';
import { restarted } from './pods.js';
import { lacksConfig } from './talos-services.js';
import { applySettings } from './talos-settings.js';
import type { KubernetesPart, LabNode, NodeSettings, StoredConfig, World } from './types.js';

/** The kubelet's specification changes: it stops and starts. */
const KUBELET_RESTART_MS = 3000;
/** The kubelet sees another static pod manifest, stops the old pod and starts the new one. */
const STATIC_POD_MS = 6000;

const STATIC_PODS: Readonly<Record<Exclude<KubernetesPart, 'kubelet'>, string>> = {
  apiServer: 'kube-apiserver',
  controllerManager: 'kube-controller-manager',
  scheduler: 'kube-scheduler',
};

/** `v1.35.0`: what runs, which may not be what is configured. */
export const kubernetesVersion = (world: World, node: LabNode, part: KubernetesPart): string =>
  node.machine.kubernetes.get(part) ?? world.facts.kubernetesVersion;

/** Takes effect now, as far as anything can without a boot. Whether it outlives the next one is another question. */
export function runConfig(world: World, node: LabNode, config: StoredConfig): void {
  node.machine.config = config;
  // The role decides what boots; it changes with the next boot.
  if (config.settings !== null) {
    applySettings(world, node, { ...config.settings, role: node.role });
    followVersions(world, node, config.settings.versions);
    startConfigured(world, node);
  }
  touchNode(world, node);
}

/** A boot takes everything from the configuration that it finds. */
export function adoptSettings(world: World, node: LabNode, settings: NodeSettings): void {
  applySettings(world, node, settings);
  const { kubernetes } = node.machine;
  for (const [part, version] of Object.entries(settings.versions)) {
    if (version !== '') kubernetes.set(part as KubernetesPart, version);
  }
}

/** Lies on STATE for the next boot. */
export function keepConfig(world: World, node: LabNode, config: StoredConfig): void {
  if (node.machine.systemDisk !== null) node.machine.systemDisk.config = config;
  touchNode(world, node);
}

/** talos: after the time-out the configuration that ran before runs again, even if somebody tried two. */
export function tryConfig(
  world: World,
  node: LabNode,
  config: StoredConfig,
  timeoutMs: number,
): void {
  const before = node.machine.config;
  endTrial(node);
  let isOver = false;
  node.machine.endTrial = () => {
    isOver = true;
  };
  laterInLife(world, node, timeoutMs, () => {
    if (isOver || before === null) return;
    node.machine.endTrial = null;
    node.journal.say(world.clock.now(), 'rolling back the configuration');
    runConfig(world, node, before);
  });
  runConfig(world, node, config);
}

/** Whoever applies anything else keeps what is tried from coming back. */
export function endTrial(node: LabNode): void {
  node.machine.endTrial?.();
  node.machine.endTrial = null;
}

function followVersions(
  world: World,
  node: LabNode,
  versions: Readonly<Record<KubernetesPart, string>>,
): void {
  const wanted = (part: KubernetesPart): string =>
    versions[part] === '' ? world.facts.kubernetesVersion : versions[part];
  const differs = (part: KubernetesPart): boolean =>
    wanted(part) !== kubernetesVersion(world, node, part);
  if (differs('kubelet')) restartKubelet(world, node, wanted('kubelet'));
  if (node.role !== 'controlplane') return;
  for (const part of ['apiServer', 'controllerManager', 'scheduler'] as const) {
    if (!differs(part)) continue;
    const version = wanted(part);
    laterInLife(world, node, STATIC_POD_MS, () => replaceStaticPod(world, node, part, version));
  }
}

function restartKubelet(world: World, node: LabNode, version: string): void {
  if (node.services.get('kubelet')?.state !== 'Running') {
    node.machine.kubernetes.set('kubelet', version);
    return;
  }
  laterInLife(world, node, 500, () => {
    stopService(world, node, 'kubelet');
    laterInLife(world, node, KUBELET_RESTART_MS, () => {
      node.machine.kubernetes.set('kubelet', version);
      startService(world, node, 'kubelet');
    });
  });
}

function replaceStaticPod(
  world: World,
  node: LabNode,
  part: Exclude<KubernetesPart, 'kubelet'>,
  version: string,
): void {
  node.machine.kubernetes.set(part, version);
  touchNode(world, node);
  const name = `${STATIC_PODS[part]}-${node.hostname}`;
  const pod = getObject(world, 'pods', name, 'kube-system');
  if (pod === undefined) return;
  const image = `registry.k8s.io/${STATIC_PODS[part]}:${version}`;
  const fresh = restarted(pod, world.clock.now());
  const { containers } = fresh.spec as { readonly containers: readonly object[] };
  const { containerStatuses } = fresh.status as { readonly containerStatuses: readonly object[] };
  putObject(world, 'pods', {
    ...fresh,
    spec: { ...(fresh.spec as object), containers: withImage(containers, image) },
    status: {
      ...(fresh.status as object),
      containerStatuses: withImage(containerStatuses, image),
    },
  });
}

const withImage = (containers: readonly object[], image: string): readonly object[] =>
  containers.map((container) => ({ ...container, image }));

/** Extensions that were waiting for their configuration. */
function startConfigured(world: World, node: LabNode): void {
  for (const id of node.services.keys()) {
    const service = node.services.get(id);
    if (service?.state === 'Waiting' && id.startsWith('ext-') && !lacksConfig(node, id)) {
      startService(world, node, id);
    }
  }
}
