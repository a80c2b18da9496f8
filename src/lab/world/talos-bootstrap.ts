import { foundKubernetes, type KubeContents, restoreKubernetes } from './kube-founding.js';
import { laterInLife } from './life.js';
import { touchNode } from './node.js';
import { foundCluster } from './talos-etcd.js';
import { tell } from './talos-services.js';
import { talosMinor } from './talos-version.js';
import type { LabNode, World } from './types.js';

/** Pulling is done; keys, an empty database, the process. */
const FOUND_MS = 3500;
const RESTORE_MS = 6000;
/** More than this and Talos says that its time is not in sync. */
const SKEW_LIMIT_MS = 60_000;

/** A recovery snapshot that lies on the machine. */
export interface Recovery {
  readonly revision: number;
  readonly totalKeys: number;
  readonly totalBytes: number;
  /** 8 hex digits. */
  readonly hash: string;
  /** What the file's own checksum says of it. */
  readonly checksum: 'good' | 'wrong' | 'missing';
  readonly contents: KubeContents;
}

export type BootstrapRefusal =
  | { readonly kind: 'not yet'; readonly text: string }
  | { readonly kind: 'worker'; readonly text: string }
  | { readonly kind: 'exists'; readonly text: string };

/** talos: v1alpha1_server.go, Bootstrap; null = it may begin. */
export function bootstrapRefusal(node: LabNode): BootstrapRefusal | null {
  const cri = node.services.get('cri');
  if (cri?.state !== 'Running' || cri.isHealthy !== true) {
    return { kind: 'not yet', text: 'bootstrap is not available yet' };
  }
  if (node.role !== 'controlplane') {
    return {
      kind: 'worker',
      text:
        talosMinor(node.talosVersion) >= 13
          ? 'bootstrap is only available on control plane nodes'
          : 'bootstrap can only be performed on a control plane node',
    };
  }
  if (Math.abs(node.machine.clockSkewMs) > SKEW_LIMIT_MS) {
    return { kind: 'not yet', text: 'time is not in sync yet' };
  }
  return node.machine.systemDisk?.hasEtcdData === true
    ? { kind: 'exists', text: 'etcd data directory is not empty' }
    : null;
}

export interface BootstrapOrder {
  readonly recovers: boolean;
  readonly skipsHashCheck: boolean;
}

/** talos: services/etcd.go, BootstrapEtcd: the service starts anew, and what goes wrong then is the service's to say. */
export function bootstrapEtcd(world: World, node: LabNode, order: BootstrapOrder): void {
  const service = node.services.get('etcd');
  if (service === undefined) return;
  const say = (text: string): void => node.journal.say(world.clock.now(), text);
  tell(world, node, service, 'Finished', 'Bootstrap requested');
  tell(world, node, service, 'Starting', 'Starting service');
  touchNode(world, node);
  const fail = (reason: string): void => {
    tell(world, node, service, 'Failed', `Failed to run pre stage: ${reason}`);
    touchNode(world, node);
  };
  const { recovery } = node.machine;
  // Who asks twice before the directory is filled restarts the same service: it founds once.
  const isFounded = (): boolean => node.machine.systemDisk?.hasEtcdData === true;
  if (!order.recovers) {
    laterInLife(world, node, FOUND_MS, () => {
      if (isFounded()) return;
      foundKubernetes(world);
      foundCluster(world, node, null);
    });
    return;
  }
  const fault = recoveryFault(recovery, order);
  if (recovery === null || fault !== null) {
    fail(fault ?? '');
    return;
  }
  say(
    `recovering etcd from snapshot: hash ${recovery.hash}, revision ${recovery.revision}, total keys ${recovery.totalKeys}, total size ${recovery.totalBytes}`,
  );
  laterInLife(world, node, RESTORE_MS, () => {
    if (isFounded()) return;
    node.machine.recovery = null;
    restoreKubernetes(world, recovery.contents, recovery.revision);
    foundCluster(world, node, recovery.revision, recovery.totalBytes);
  });
}

/** etcdutl's words. */
function recoveryFault(recovery: Recovery | null, order: BootstrapOrder): string | null {
  if (recovery === null) {
    return 'error verifying snapshot: stat /var/lib/etcd.snapshot: no such file or directory';
  }
  if (order.skipsHashCheck || recovery.checksum === 'good') return null;
  return recovery.checksum === 'missing'
    ? 'error recovering from the snapshot: snapshot missing hash but --skip-hash-check=false'
    : 'error recovering from the snapshot: expected sha256 does not match the contents of the snapshot';
}
