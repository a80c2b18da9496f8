import { z } from 'zod';
import { OperatorError } from '../../model/errors.js';
import { asNodeName, type NodeName } from '../../model/ids.js';
import type { InspectedPod, StoreHealth } from '../../model/inspection.js';
import { map, text } from '../kube-fields.js';
import type { ApiGroups } from './api-groups.js';
import type { KubeLists } from './kube-pages.js';
import { conditionsField, isTrue } from './kube-shapes.js';

interface StoreWorld {
  readonly lists: KubeLists;
  readonly groups: ApiGroups;
  readonly pods: readonly InspectedPod[];
}

interface StoreKind {
  readonly kind: StoreHealth['kind'];
  readonly group: string;
  readonly read: (world: StoreWorld) => Promise<readonly StoreHealth[]>;
}

/** One per kind of storage that keeps copies of data on several nodes. */
const STORES: readonly StoreKind[] = [
  { kind: 'longhorn', group: 'longhorn.io', read: longhorn },
  { kind: 'ceph', group: 'ceph.rook.io', read: ceph },
  { kind: 'cnpg', group: 'postgresql.cnpg.io', read: cnpg },
  { kind: 'scylla', group: 'scylla.scylladb.com', read: scylla },
  { kind: 'rabbitmq', group: 'rabbitmq.com', read: rabbitmq },
];

/** What cannot be read is there and says nothing: absent would look like no storage at all. */
export async function readStores(world: StoreWorld): Promise<readonly StoreHealth[]> {
  const served = STORES.filter(({ group }) => world.groups.has(group));
  const read = served.map(async ({ kind, group, read: readKind }) => {
    try {
      return await readKind(world);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const unknown = { kind, namespace: '', name: group, isHealthy: null, copiesOn: [] } as const;
      return [{ ...unknown, text: `cannot be read: ${error.message}` }];
    }
  });
  return (await Promise.all(read)).flat();
}

const named = z.object({ name: z.string(), namespace: text, labels: map });
const amount = z.number().int().nullish();

const listOf = async <T>(
  { lists, groups }: StoreWorld,
  group: string,
  plural: string,
  schema: z.ZodType<T>,
): Promise<readonly T[]> => {
  const path = groups.path(group, plural);
  return path === null ? [] : await lists(path, schema);
};

const volume = z.object({
  metadata: named,
  status: z.object({ state: text, robustness: text }).nullish(),
});
const replica = z.object({
  spec: z.object({ nodeID: text, volumeName: text, failedAt: text, healthyAt: text }).nullish(),
  status: z.object({ currentState: text }).nullish(),
});

async function longhorn(world: StoreWorld): Promise<readonly StoreHealth[]> {
  const [volumes, replicas] = await Promise.all([
    listOf(world, 'longhorn.io', 'volumes', volume),
    listOf(world, 'longhorn.io', 'replicas', replica),
  ]);
  const copies = Map.groupBy(
    replicas.filter(({ spec }) => spec?.healthyAt && !spec.failedAt && spec.nodeID),
    ({ spec }) => spec?.volumeName ?? '',
  );
  return volumes.map(({ metadata: { name, namespace }, status }) => {
    const { state = '', robustness = '' } = status ?? {};
    return {
      kind: 'longhorn',
      namespace,
      name,
      isHealthy: longhornHealth(state, robustness),
      text: [state, robustness].filter((word) => word !== '').join(', ') || 'no status',
      copiesOn: uniqueNodes((copies.get(name) ?? []).map(({ spec }) => spec?.nodeID ?? '')),
    };
  });
}

/** longhorn-manager: types.VolumeRobustness. A detached volume is `unknown`, and nobody uses it. */
function longhornHealth(state: string, robustness: string): boolean | null {
  switch (robustness) {
    case 'healthy':
      return state === 'attached' || state === 'detached' ? true : null;
    case 'degraded':
    case 'faulted':
      return false;
    case 'unknown':
      return state === 'detached' ? true : null;
    default:
      return null;
  }
}

const cephCluster = z.object({
  metadata: named,
  status: z
    .object({
      ceph: z
        .object({ health: text, details: z.record(z.string(), z.unknown()).nullish() })
        .nullish(),
    })
    .nullish(),
});

async function ceph(world: StoreWorld): Promise<readonly StoreHealth[]> {
  const clusters = await listOf(world, 'ceph.rook.io', 'cephclusters', cephCluster);
  return clusters.map(({ metadata: { name, namespace }, status }) => {
    const health = status?.ceph?.health ?? '';
    const checks = Object.keys(status?.ceph?.details ?? {});
    const isHealthy = health === 'HEALTH_OK' ? true : health === '' ? null : false;
    const words = health === '' ? 'no status' : [health, ...checks].join(' ');
    return { kind: 'ceph', namespace, name, isHealthy, text: words, copiesOn: [] };
  });
}

const cnpgCluster = z.object({
  metadata: named,
  spec: z.object({ instances: amount }).nullish(),
  status: z.object({ readyInstances: amount, phase: text }).nullish(),
});

async function cnpg(world: StoreWorld): Promise<readonly StoreHealth[]> {
  const clusters = await listOf(world, 'postgresql.cnpg.io', 'clusters', cnpgCluster);
  return clusters.map(({ metadata: { name, namespace }, spec, status }) => {
    const own = world.pods.filter(
      (pod) => pod.namespace === namespace && pod.labels['cnpg.io/cluster'] === name && pod.isReady,
    );
    const counted = ofAll(status?.readyInstances, spec?.instances);
    return {
      kind: 'cnpg',
      namespace,
      name,
      isHealthy: counted.isHealthy,
      text: [counted.text, status?.phase].filter((word) => word).join(', '),
      copiesOn: uniqueNodes(own.map(({ node }) => node ?? '')),
    };
  });
}

const scyllaCluster = z.object({
  metadata: named,
  status: z
    .object({ members: amount, readyMembers: amount, conditions: conditionsField })
    .nullish(),
});

async function scylla(world: StoreWorld): Promise<readonly StoreHealth[]> {
  const clusters = await listOf(world, 'scylla.scylladb.com', 'scyllaclusters', scyllaCluster);
  return clusters.map(({ metadata: { name, namespace }, status }) => {
    const counted = ofAll(status?.readyMembers, status?.members);
    const isDegraded = isTrue(status?.conditions ?? [], 'Degraded') === true;
    return {
      kind: 'scylla',
      namespace,
      name,
      isHealthy: isDegraded ? false : counted.isHealthy,
      text: isDegraded ? `${counted.text}, degraded` : counted.text,
      copiesOn: [],
    };
  });
}

const rabbitmqCluster = z.object({
  metadata: named,
  status: z.object({ conditions: conditionsField }).nullish(),
});

async function rabbitmq(world: StoreWorld): Promise<readonly StoreHealth[]> {
  const clusters = await listOf(world, 'rabbitmq.com', 'rabbitmqclusters', rabbitmqCluster);
  return clusters.map(({ metadata: { name, namespace }, status }) => {
    const areReady = isTrue(status?.conditions ?? [], 'AllReplicasReady');
    const words = {
      true: 'all replicas ready',
      false: 'not all replicas are ready',
      null: 'no status',
    };
    return {
      kind: 'rabbitmq',
      namespace,
      name,
      isHealthy: areReady,
      text: words[`${areReady}`],
      copiesOn: [],
    };
  });
}

/** Nothing wanted is nothing known. */
function ofAll(
  ready: number | null | undefined,
  wanted: number | null | undefined,
): Pick<StoreHealth, 'isHealthy' | 'text'> {
  if (wanted == null || wanted < 1) return { isHealthy: null, text: 'no status' };
  return { isHealthy: (ready ?? 0) >= wanted, text: `${ready ?? 0} of ${wanted} ready` };
}

const uniqueNodes = (names: readonly string[]): readonly NodeName[] =>
  [...new Set(names.filter((name) => name !== ''))].sort().map(asNodeName);
