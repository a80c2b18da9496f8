import { isIPv6 } from 'node:net';
import type { EtcdMember } from './etcd.js';
import type { IpAddress } from './ids.js';
import { knownValue } from './reading.js';
import type { Snapshot } from './snapshot.js';
import type { TalosAddress, TalosLink, TalosMember, TalosNode } from './talos.js';

/** Facts by which Talos nodes are told apart; what two of them share is not in it. */
export interface AddressBook {
  readonly addressesOf: (node: TalosNode) => readonly IpAddress[];
  readonly ownUuid: (node: TalosNode) => string | null;
  readonly ownMacs: (node: TalosNode) => readonly string[];
  readonly discoveredOf: (address: IpAddress) => TalosMember | null;
}

export function addressBook(snapshot: Snapshot): AddressBook {
  const nodes = [...snapshot.talosNodes.values()];
  const virtual = virtualAddresses(snapshot);
  const discovered = new Map<string, TalosMember>();
  for (const member of knownValue(snapshot.talosMembers) ?? []) {
    for (const address of member.addresses) discovered.set(address, member);
  }
  const addresses = unshared(nodes, (node) =>
    [
      node.address,
      ...(discovered.get(node.address)?.addresses ?? []),
      ...joinableAddresses(knownValue(node.addresses)),
    ].filter((address) => address === node.address || !virtual.has(address)),
  );
  const uuids = unshared(nodes, (node) => {
    const uuid = knownValue(node.identity)?.smbiosUuid;
    return uuid ? [uuid] : [];
  });
  const macs = unshared(nodes, (node) => macsOf(knownValue(node.links)));
  return {
    addressesOf: (node) => addresses.get(node) ?? [],
    ownUuid: (node) => uuids.get(node)?.[0] ?? null,
    ownMacs: (node) => macs.get(node) ?? [],
    discoveredOf: (address) => discovered.get(address) ?? null,
  };
}

/**
 * Loopback, link-local and Talos' own host DNS address are on every node. Only 127.0.0.0/16 is loopback here: a
 * simulated network may lie in the rest of 127.0.0.0/8.
 */
export const isJoinableAddress = (address: string): boolean =>
  !/^(127\.0\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/i.test(address);

export const macsOf: (links: readonly TalosLink[] | undefined) => readonly string[] = perValue(
  (links: readonly TalosLink[]) =>
    links.flatMap(({ isPhysical, hardwareAddress }) =>
      isPhysical && hardwareAddress !== null ? [hardwareAddress] : [],
    ),
);

/** Hosts of the peer and client URLs, without port and brackets. */
export const hostsOf = (member: EtcdMember): readonly string[] => [
  ...new Set([...member.peerUrls, ...member.clientUrls].flatMap(hostOf)),
];

export function groupBy<T>(
  items: readonly T[],
  keysOf: (item: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
  }
  return groups;
}

/** The one item of a list, undefined when there are none or several. */
export const only = <T>(items: readonly T[]): T | undefined =>
  items.length === 1 ? items[0] : undefined;

const joinableAddresses = perValue((addresses: readonly TalosAddress[]) =>
  addresses.map(({ address }) => address).filter(isJoinableAddress),
);

function virtualAddresses(snapshot: Snapshot): ReadonlySet<string> {
  const addresses = new Set<string>();
  if (snapshot.cluster.vip !== null) addresses.add(snapshot.cluster.vip);
  for (const node of snapshot.talosNodes.values()) {
    for (const { ip } of knownValue(node.vipOperators) ?? []) addresses.add(ip);
  }
  return addresses;
}

/** Per node its facts without those that another node reports too. */
function unshared<T extends string>(
  nodes: readonly TalosNode[],
  factsOf: (node: TalosNode) => readonly T[],
): ReadonlyMap<TalosNode, readonly T[]> {
  const facts = new Map(nodes.map((node) => [node, [...new Set(factsOf(node))]]));
  const counts = new Map<T, number>();
  for (const list of facts.values()) {
    for (const fact of list) counts.set(fact, (counts.get(fact) ?? 0) + 1);
  }
  return new Map(
    [...facts].map(([node, list]) => [node, list.filter((fact) => counts.get(fact) === 1)]),
  );
}

/** Readings share their values between snapshots: what was derived from a list is kept as long as the list. */
function perValue<T extends object, U>(derive: (value: readonly T[]) => readonly U[]) {
  const known = new WeakMap<readonly T[], readonly U[]>();
  return (value: readonly T[] | undefined): readonly U[] => {
    if (value === undefined) return [];
    const cached = known.get(value);
    if (cached !== undefined) return cached;
    const derived = derive(value);
    known.set(value, derived);
    return derived;
  };
}

function hostOf(url: string): readonly string[] {
  const host = /^[a-z]+:\/\/(\[[^\]]+\]|[^:/]+)/i.exec(url)?.[1];
  if (host === undefined) return [];
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  return [isIPv6(bare) ? bare.toLowerCase() : bare];
}
