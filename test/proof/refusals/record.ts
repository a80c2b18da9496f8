import { createHash } from 'node:crypto';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import type { KubeObject, KubeResource, World } from '../../../src/lab/world/types.js';

/** Everything that any action could change, by name: equal before and after means that nothing was changed. */
export type WorldRecord = ReadonlyMap<string, string>;

/** What clusters write by themselves all the time; the Lease of a run is no change of the cluster. */
const BREATHING: readonly KubeResource[] = ['leases', 'events'];

export function recordOf(world: World): WorldRecord {
  const record = new Map<string, string>();
  for (const node of world.nodes.values()) {
    const { bootId, talosVersion, schematic, pulledImages, machine } = node;
    const { systemDisk, config } = machine;
    record.set(
      `node ${node.hostname}`,
      JSON.stringify({
        ...{ bootId, talosVersion, schematic, next: systemDisk?.next },
        entries: systemDisk?.entries,
        ephemeralBytes: systemDisk?.ephemeralBytes,
        pulled: pulledImages.map(({ reference }) => reference),
        config: createHash('sha256')
          .update(config?.text ?? '')
          .digest('hex'),
      }),
    );
  }
  for (const { vmId, config, pending, status, lock, disks, snapshots } of world.vms.values()) {
    const sizes = disks.map(({ slot, sizeBytes }) => [slot, sizeBytes]);
    record.set(`VM ${vmId}`, JSON.stringify({ config, pending, status, lock, sizes, snapshots }));
  }
  for (const { id, hostname, isLearner, alarms } of world.etcd.members.values()) {
    record.set(`etcd member ${hostname}`, JSON.stringify([id, isLearner, [...alarms]]));
  }
  record.set('etcd leader', world.etcd.leaderId ?? 'none');
  record.set('Proxmox tasks', String(world.pveTasks.length));
  record.set('schematics', [...world.schematics.keys()].join());
  for (const resource of world.kube.objects.keys()) {
    if (BREATHING.includes(resource)) continue;
    for (const object of listObjects(world, resource)) {
      const { namespace = '', name } = object.metadata;
      record.set(`${resource} ${namespace}/${name}`, ordered(resource, object));
    }
  }
  return record;
}

/** What somebody has ordered of an object: its status is the cluster's own. */
function ordered(resource: KubeResource, object: KubeObject): string {
  const { uid, labels, annotations, deletionTimestamp } = object.metadata;
  const { taints: _, ...spec } = (object.spec ?? {}) as Readonly<Record<string, unknown>>;
  return JSON.stringify({
    ...{ uid, labels, annotations, deletionTimestamp, spec, data: object.data },
    ...(resource === 'certificatesigningrequests' ? { status: object.status } : {}),
  });
}

/** Names of what is not as it was. */
export const differences = (before: WorldRecord, after: WorldRecord): readonly string[] => [
  ...[...before].filter(([name, was]) => after.get(name) !== was).map(([name]) => name),
  // Kubelets ask for certificates by themselves.
  ...[...after.keys()].filter((name) => !before.has(name) && !name.startsWith(REQUESTS)),
];

const REQUESTS = 'certificatesigningrequests ';
