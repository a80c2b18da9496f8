import type { Reading } from './reading.js';
import { sanitise } from './sanitise.js';
import type { Snapshot } from './snapshot.js';
import type { TalosNode } from './talos.js';
import { unreachable } from './unreachable.js';

export interface StatusReading {
  readonly state: Reading<unknown>['state'];
  /** Since the value was last confirmed, or since the failure; null while waiting. */
  readonly ageMs: number | null;
  readonly error: string | null;
}

export type StatusReadings = Readonly<Record<string, StatusReading>>;

const CLUSTER_SLOTS = [
  'talosMembers',
  'etcdMembers',
  'etcdAlarms',
  'kubeNodes',
  'kubeHealth',
  'csrs',
  'kubeEvents',
  'leases',
  'pdbs',
  'pve',
  'vms',
  'storages',
  'pveTasks',
  'host',
  'catalogue',
  'runs',
] as const satisfies readonly (keyof Snapshot)[];

export const NODE_SLOTS = [
  'version',
  'status',
  'identity',
  'addresses',
  'links',
  'vipOperators',
  'image',
  'services',
  'etcd',
  'etcdMembers',
  'usage',
] as const satisfies readonly (keyof TalosNode)[];

/**
 * State and age of every source: each cluster-wide slot, one line per node (`talos/10.0.0.11`, its sign of life),
 * and single slots of nodes and guests only where they are worse than their owner.
 */
export function statusReadings(snapshot: Snapshot, nowMs: number): StatusReadings {
  const readings: Record<string, StatusReading> = {};
  for (const slot of CLUSTER_SLOTS) readings[slot] = statusReading(snapshot[slot], nowMs);
  for (const node of snapshot.talosNodes.values()) {
    readings[`talos/${node.address}`] = statusReading(node.version, nowMs);
    if (node.version.state !== 'fresh') continue;
    for (const slot of NODE_SLOTS) {
      const { state } = node[slot];
      if (state === 'stale' || state === 'failed') {
        readings[`talos/${node.address}/${slot}`] = statusReading(node[slot], nowMs);
      }
    }
  }
  if (snapshot.vms.state !== 'fresh') return readings;
  for (const { id, config } of snapshot.vms.value) {
    if (config.state === 'stale' || config.state === 'failed') {
      readings[`vm/${id}/config`] = statusReading(config, nowMs);
    }
  }
  return readings;
}

function statusReading(reading: Reading<unknown>, nowMs: number): StatusReading {
  switch (reading.state) {
    case 'waiting':
      return { state: 'waiting', ageMs: null, error: null };
    case 'fresh':
      return { state: 'fresh', ageMs: Math.max(0, nowMs - reading.readAtMs), error: null };
    case 'stale':
      return {
        state: 'stale',
        ageMs: Math.max(0, nowMs - reading.readAtMs),
        error: sanitise(reading.error.message),
      };
    case 'failed':
      return {
        state: 'failed',
        ageMs: Math.max(0, nowMs - reading.failedAtMs),
        error: sanitise(reading.error.message),
      };
    default:
      return unreachable(reading);
  }
}
