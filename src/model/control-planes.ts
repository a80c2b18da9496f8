import type { IpAddress } from './ids.js';
import { knownValue } from './reading.js';
import type { Snapshot } from './snapshot.js';

/** Where the control planes were last seen, by Talos and by Kubernetes. */
export function controlPlaneAddresses({
  talosMembers,
  kubeNodes,
}: Pick<Snapshot, 'talosMembers' | 'kubeNodes'>): readonly IpAddress[] {
  const members = (knownValue(talosMembers) ?? []).filter(
    ({ machineType }) => machineType === 'controlplane' || machineType === 'init',
  );
  const nodes = (knownValue(kubeNodes) ?? []).filter(({ isControlPlane }) => isControlPlane);
  const all = [
    ...members.flatMap(({ addresses }) => addresses),
    ...nodes.flatMap(({ internalIps }) => internalIps),
  ];
  return [...new Set(all)];
}
