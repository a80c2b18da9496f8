import {
  addressesOf,
  hostnameOf,
  imageOf,
  linksOf,
  machineTypeOf,
  nodeNameOf,
  smbiosUuidOf,
  TALOS_KINDS,
} from '../../clients/talos-resources.js';
import type { CosiKind, CosiResource, SystemSample, TalosClient } from '../../clients/types.js';
import { OperatorError } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import { knownValue } from '../../model/reading.js';
import type { NodeUsage, TalosIdentity, TalosNode } from '../../model/talos.js';
import type { Slot } from '../slot.js';
import type { NodeSlots } from './node-slots.js';

/**
 * What seldom changes while a node runs is listed, not watched: a stream costs 63 KB on our side
 * (docs/performance.md) and more on the node's.
 */
export async function readFacts(
  client: TalosClient,
  address: IpAddress,
  slots: NodeSlots,
  detail: 'full' | 'lean',
  signal: AbortSignal,
): Promise<void> {
  const { byName } = slots;
  const list = (kind: CosiKind) => client.list(address, kind, signal);
  const read = async <T>(
    slot: Slot<T>,
    kind: CosiKind,
    decode: (items: readonly CosiResource[], node: string) => T,
  ) => await into(slot, signal, async () => decode(await list(kind), address));
  await into(byName.identity, signal, () => readIdentity(list, address));
  await read(byName.image, TALOS_KINDS.extensions, imageOf);
  if (detail === 'full') return;
  await read(byName.addresses, TALOS_KINDS.addresses, addressesOf);
  await read(byName.links, TALOS_KINDS.links, linksOf);
}

/** A node that still starts has no name or type yet: it is asked again soon. */
export function isIdentified(node: TalosNode): boolean {
  const identity = knownValue(node.identity);
  return (
    identity !== undefined &&
    identity.machineType !== 'unknown' &&
    identity.hostname !== '' &&
    identity.nodeName !== null
  );
}

/** Runs one read and puts its outcome where it belongs, unless nobody waits for it any more; bugs pass through. */
export async function into<T>(
  slot: Slot<T>,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<void> {
  try {
    const value = await read();
    if (!signal.aborted) slot.ok(value);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    if (!signal.aborted) slot.fail(error);
  }
}

/** Between two samples; null when the counters started anew. */
export function usageBetween(previous: SystemSample | null, sample: SystemSample): NodeUsage {
  const totalSeconds = previous === null ? 0 : sample.cpuTotalSeconds - previous.cpuTotalSeconds;
  const busySeconds = previous === null ? 0 : sample.cpuBusySeconds - previous.cpuBusySeconds;
  return {
    cpuRatio: totalSeconds > 0 ? Math.min(1, Math.max(0, busySeconds / totalSeconds)) : null,
    memoryUsedBytes: sample.memoryUsedBytes,
    memoryTotalBytes: sample.memoryTotalBytes,
  };
}

async function readIdentity(
  list: (kind: CosiKind) => Promise<readonly CosiResource[]>,
  address: IpAddress,
): Promise<TalosIdentity> {
  return {
    machineType: machineTypeOf(await list(TALOS_KINDS.machineType), address),
    hostname: hostnameOf(await list(TALOS_KINDS.hostname), address),
    nodeName: nodeNameOf(await list(TALOS_KINDS.nodeName), address),
    smbiosUuid: smbiosUuidOf(await list(TALOS_KINDS.systemInformation), address),
  };
}
