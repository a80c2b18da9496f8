import { hostAddress } from './topology.js';
import type { World } from './types.js';

/** Who gives out addresses on the lab's network. */
export interface Lan {
  /** First and last address that are given to whoever asks. */
  dhcpRange: { readonly first: string; readonly last: string };
  /** By MAC, lower case: for ever. */
  readonly reservations: Map<string, string>;
  /** Addresses that some device has which is no machine of this lab, by what it calls itself. */
  readonly strangers: Map<string, string>;
}

const RANGE = { small: [200, 249], large: [62_000, 62_249] } as const;

/** Above every machine that a plan can have. */
export function createLan(lanPrefix: string, prefixLength: number): Lan {
  const [first, last] = prefixLength === 24 ? RANGE.small : RANGE.large;
  return {
    dhcpRange: { first: hostAddress(lanPrefix, first), last: hostAddress(lanPrefix, last) },
    reservations: new Map(),
    strangers: new Map(),
  };
}

const toNumber = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** What a device with this MAC gets: its reservation, what it had, or the next one that is free. */
export function leaseFor(world: World, mac: string): string | null {
  const { lan } = world;
  const reserved = lan.reservations.get(mac);
  if (reserved !== undefined) return reserved;
  const taken = new Set([
    ...[...world.nodes.values()].map(({ address }) => address),
    ...lan.reservations.values(),
    ...lan.strangers.keys(),
  ]);
  const last = toNumber(lan.dhcpRange.last);
  for (let value = toNumber(lan.dhcpRange.first); value <= last; value += 1) {
    const address = toAddress(value);
    if (!taken.has(address)) return address;
  }
  return null;
}
