import type { PveNodeName, VmId } from '../model/ids.js';
import { isProxmoxNamed } from '../model/proxmox-named.js';
import { freshValue, knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { refusal } from './refusal.js';
import type { Refusal } from './types.js';

/** A machine by its name, and its guest when that is proven. */
export interface Hosted {
  readonly name: string;
  readonly vm: { readonly pveNode: PveNodeName; readonly id: VmId } | null;
}

/**
 * That a machine has gone with its Proxmox host; null when no offline host is known to hold it. The guests of a lost
 * host cannot be read, so that none is joined by proof: then the guest of the same name is told, which is enough
 * to refuse and never to act.
 */
export function lostHostText(snapshot: Snapshot, { name, vm }: Hosted): string | null {
  if (!isProxmoxNamed(snapshot.cluster)) return null;
  const offline = (freshValue(snapshot.pve)?.nodes ?? []).filter(({ isOnline }) => !isOnline);
  const own = (knownValue(snapshot.vms) ?? []).find((each) =>
    vm === null ? each.name === name : each.id === vm.id,
  );
  return own !== undefined && offline.some((host) => host.name === own.pveNode)
    ? `Proxmox host ${own.pveNode} is offline, with VM ${own.id} (${own.name}) on it`
    : null;
}

/** Before anything else is said about a machine that cannot be read: the cause, not its symptoms. */
export function refuseLostHost(snapshot: Snapshot, hosted: Hosted): Refusal | null {
  const text = lostHostText(snapshot, hosted);
  return text === null
    ? null
    : refusal(
        `${hosted.name} cannot be changed: ${text}.`,
        // Fencing and a start elsewhere take two to three minutes (operations C2).
        'Bring that host back first; where Proxmox HA looks after the guest, wait until it runs on another host.',
        'G-PVENODE',
      );
}
