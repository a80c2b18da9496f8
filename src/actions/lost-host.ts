import { formatList } from '../model/format.js';
import type { PveNodeName, VmId } from '../model/ids.js';
import type { Vm } from '../model/proxmox.js';
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
 * That a machine has gone with its Proxmox host; null when no offline host can hold it. The guests of a lost host have
 * neither configuration nor name (pve: cluster/resources), so that none is joined by proof: which ones there are is
 * told, which is enough to refuse and never to act.
 */
export function lostHostText(snapshot: Snapshot, { name, vm }: Hosted): string | null {
  if (!isProxmoxNamed(snapshot.cluster)) return null;
  const offline = (freshValue(snapshot.pve)?.nodes ?? []).filter(({ isOnline }) => !isOnline);
  const guests = knownValue(snapshot.vms) ?? [];
  const away = guests.filter(({ pveNode }) => offline.some((host) => host.name === pveNode));
  const own = (vm === null ? guests : away).find((each) =>
    vm === null ? each.name === name : each.id === vm.id,
  );
  if (own !== undefined) {
    return away.includes(own)
      ? `Proxmox host ${own.pveNode} is offline, with ${guestText(own)} on it`
      : null;
  }
  const unread = away.filter(({ config }) => config.state !== 'fresh');
  if (vm !== null || unread.length === 0) return null;
  const hosts = [...new Set(unread.map(({ pveNode }) => pveNode))];
  const are = hosts.length === 1 ? `host ${hosts[0]} is` : `hosts ${formatList(hosts)} are`;
  return `Proxmox ${are} offline, and ${name} is probably a guest there: ${formatList(unread.map(guestText))} cannot be read`;
}

/** A guest without a name is called by its number. */
const guestText = ({ id, name }: Vm): string => (name === `VM ${id}` ? name : `VM ${id} (${name})`);

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
