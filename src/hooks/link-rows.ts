import type { Machine } from '../model/machine.js';
import { machinesOf } from '../model/machines.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import type { TalosAddress, TalosLink } from '../model/talos.js';
import { type VipState, vipStates } from '../model/vip.js';
import { perSnapshot } from './per-snapshot.js';

/** One link of one node with its addresses. */
export interface LinkRow {
  readonly key: string;
  readonly machineKey: string;
  readonly node: string;
  readonly link: TalosLink;
  readonly addresses: readonly TalosAddress[];
  /** Virtual addresses that this link is configured for. */
  readonly vips: readonly string[];
  readonly holds: readonly string[];
  /** The node says so now. */
  readonly isCurrent: boolean;
}

export interface NetworkView {
  readonly vips: readonly VipState[];
  readonly links: readonly LinkRow[];
  /** Names of nodes whose links could not be read. */
  readonly unread: readonly string[];
}

export const networkView: (snapshot: Snapshot) => NetworkView = perSnapshot((snapshot) => {
  const machines = machinesOf(snapshot).filter(({ talos }) => talos !== null);
  const vips = vipStates(snapshot);
  return {
    vips,
    links: machines.flatMap((machine) => linksOf(machine, vips)),
    unread: machines
      .filter(({ talos }) => talos !== null && talos.links.state !== 'fresh')
      .map(({ name }) => name),
  };
});

function linksOf(machine: Machine, vips: readonly VipState[]): readonly LinkRow[] {
  const { talos } = machine;
  if (talos === null) return [];
  const addresses = knownValue(talos.addresses) ?? [];
  const operators = knownValue(talos.vipOperators) ?? [];
  return (knownValue(talos.links) ?? [])
    .map((link): LinkRow => {
      const own = addresses.filter(({ linkName }) => linkName === link.name);
      return {
        key: `${machine.key} ${link.name}`,
        machineKey: machine.key,
        node: machine.name,
        link,
        isCurrent: talos.links.state === 'fresh',
        addresses: own,
        vips: operators.filter(({ linkName }) => linkName === link.name).map(({ ip }) => ip),
        holds: own
          .filter(({ address }) => vips.some((vip) => vip.address === address))
          .map(({ address }) => address),
      };
    })
    .filter(({ link, addresses: own, vips: configured }) => {
      const isLoopback = link.name === 'lo';
      return !isLoopback && (link.isPhysical || own.length > 0 || configured.length > 0);
    });
}
