import { isKubeWritable, liveApiServers } from './api-server.js';
import { getObject, kubeMicroTime, putObject } from './kube-store.js';
import type { KubeObject, World } from './types.js';

/** Leader election of kube-controller-manager and kube-scheduler: renew 2 s, lease 15 s. */
const RENEW_MS = 2000;
const LEADER_LEASE_SECONDS = 15;
/** Identity leases of the API servers: 1 h, renewed every 10 s. */
const IDENTITY_RENEW_MS = 10_000;
const IDENTITY_LEASE_SECONDS = 3600;
const ELECTED = ['kube-controller-manager', 'kube-scheduler'] as const;

export interface LeaseOrder {
  readonly namespace: string;
  readonly name: string;
  readonly holder: string;
  readonly durationSeconds: number;
  readonly labels?: Readonly<Record<string, string>>;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

const specOf = (lease: KubeObject | undefined): LeaseSpec => (lease?.spec ?? {}) as LeaseSpec;

export const leaseHolder = (lease: KubeObject | undefined): string =>
  specOf(lease).holderIdentity ?? '';

export const leaseRenewedAtMs = (lease: KubeObject | undefined): number =>
  Date.parse(specOf(lease).renewTime ?? '') || 0;

/** Creates, renews or takes over. */
export function renewLease(world: World, order: LeaseOrder): void {
  const old = getObject(world, 'leases', order.name, order.namespace);
  const now = kubeMicroTime(world.clock.now());
  const isNewHolder = leaseHolder(old) !== order.holder;
  putObject(world, 'leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...(old?.metadata ?? { name: order.name, namespace: order.namespace }),
      ...(order.labels === undefined ? {} : { labels: order.labels }),
    },
    spec: {
      holderIdentity: order.holder,
      leaseDurationSeconds: order.durationSeconds,
      acquireTime: isNewHolder ? now : (specOf(old).acquireTime ?? now),
      renewTime: now,
      leaseTransitions: (specOf(old).leaseTransitions ?? 0) + (old && isNewHolder ? 1 : 0),
    },
  });
}

/** Hostname of the control plane whose controller manager works now; undefined while nobody leads. */
export function controllerManagerHost(world: World): string | undefined {
  const lease = getObject(world, 'leases', 'kube-controller-manager', 'kube-system');
  const host = leaseHolder(lease).split('_')[0];
  return liveApiServers(world).find((node) => node.hostname === host)?.hostname;
}

export function runLeaderLeases(world: World): void {
  for (const name of ELECTED) renewElected(world, name, true);
  world.clock.every(RENEW_MS, () => {
    if (!isKubeWritable(world)) return;
    for (const name of ELECTED) renewElected(world, name, false);
  });
  const identities = new Map(
    [...world.nodes.values()].map((node) => [node.hostname, world.random.text(32, ALPHABET)]),
  );
  const renewIdentities = (): void => {
    if (!isKubeWritable(world)) return;
    for (const node of liveApiServers(world)) {
      const id = identities.get(node.hostname) ?? '';
      renewLease(world, {
        namespace: 'kube-system',
        name: `apiserver-${id}`,
        holder: `apiserver-${id}_${node.bootId}`,
        durationSeconds: IDENTITY_LEASE_SECONDS,
        labels: {
          'apiserver.kubernetes.io/identity': 'kube-apiserver',
          'kubernetes.io/hostname': node.hostname,
        },
      });
    }
  };
  renewIdentities();
  world.clock.every(IDENTITY_RENEW_MS, renewIdentities);
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function renewElected(world: World, name: string, isFirst: boolean): void {
  const lease = getObject(world, 'leases', name, 'kube-system');
  const servers = liveApiServers(world);
  const current = servers.find(
    (node) => leaseHolder(lease) === identityOf(node.hostname, node.bootId),
  );
  const isExpired =
    world.clock.now() - leaseRenewedAtMs(lease) > LEADER_LEASE_SECONDS * 1000 || isFirst;
  const holder =
    current ?? (isExpired ? servers[world.random.int(0, servers.length - 1)] : undefined);
  if (holder === undefined) return;
  renewLease(world, {
    namespace: 'kube-system',
    name,
    holder: identityOf(holder.hostname, holder.bootId),
    durationSeconds: LEADER_LEASE_SECONDS,
  });
}

const identityOf = (hostname: string, bootId: string): string => `${hostname}_${bootId}`;
