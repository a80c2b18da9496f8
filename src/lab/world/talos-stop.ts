import { isKubeWritable } from './api-server.js';
import { kubeletSaysGoodbye } from './kubelet.js';
import { laterInLife, settle, stopService } from './life.js';
import { touchNode } from './node.js';
import { type Phase, pause, phase, type Task } from './talos-sequence.js';
import type { LabNode, World } from './types.js';

/** talos: services that use EPHEMERAL; the others go at the very end. */
const ON_EPHEMERAL = ['kubelet', 'etcd', 'cri'];

function stop(world: World, node: LabNode, ids: readonly string[]): void {
  for (const id of ids) stopService(world, node, id);
  settle(world);
}

const stopAllPods = (world: World, node: LabNode): Task =>
  pause(world, node, 'stopAllPods', 900, () => {
    if (isKubeWritable(world) && node.isKubeletUp) kubeletSaysGoodbye(world, node);
    node.areStaticPodsUp = false;
    stop(world, node, ['kubelet']);
    touchNode(world, node);
    world.touch(`node:${node.hostname}`);
  });

const stopServicesEphemeral = (world: World, node: LabNode): Task =>
  pause(world, node, 'stopServicesEphemeral', 1100, () => stop(world, node, ON_EPHEMERAL));

/** apid is among them: its last word is that this task has begun. */
export const stopAllServices = (world: World, node: LabNode): Task =>
  pause(world, node, 'stopAllServices', 900, () => {
    const ids = [...node.services.keys()].filter((id) => id !== 'machined');
    laterInLife(world, node, 600, () => stop(world, node, ids));
  });

export const removeAllPods = (world: World, node: LabNode): Task => ({
  ...stopAllPods(world, node),
  name: 'removeAllPods',
});

/** talos: what every orderly end begins with. */
export const cleanup = (world: World, node: LabNode): readonly Phase[] => [
  phase('cleanup', stopAllPods(world, node)),
  phase('dbus', pause(world, node, 'stopDBus', 50)),
];

const unmounting = (world: World, node: LabNode, first: string): readonly Phase[] => [
  phase('stopServices', stopServicesEphemeral(world, node)),
  phase(first, pause(world, node, 'unmountPodMounts', 80)),
  phase('unmountBind', pause(world, node, 'unmountSystemDiskBindMounts', 40)),
  phase('unmountSystem', pause(world, node, 'unmountEphemeralPartition', 150)),
  phase('volumeFinalize', pause(world, node, 'teardownVolumeLifecycle', 120)),
];

/** talos: stopAllPhaselist. */
export const stopAll = (world: World, node: LabNode, usesKexec: boolean): readonly Phase[] => [
  ...unmounting(world, node, 'umount'),
  ...(usesKexec ? [phase('kexec', pause(world, node, 'kexecPrepare', 250))] : []),
  phase('stopEverything', stopAllServices(world, node)),
];

/** The same, with an installer between the unmounting and the end. */
export const stopAround = (
  world: World,
  node: LabNode,
  upgrade: Task,
  usesKexec: boolean,
): readonly Phase[] => [
  ...unmounting(world, node, 'unmount'),
  phase('upgrade', upgrade),
  phase('meta', pause(world, node, 'reloadMeta', 50)),
  ...(usesKexec
    ? [phase('kexec', pause(world, node, 'kexecPrepare', 250), { stage: 'rebooting' as const })]
    : []),
  phase('stopEverything', stopAllServices(world, node)),
];
