import type { EtcdMember } from './etcd.js';
import {
  type AddressBook,
  addressBook,
  groupBy,
  hostsOf,
  isJoinableAddress,
  only,
} from './join-index.js';
import type { KubeNode } from './kubernetes.js';
import type { JoinProof } from './machine.js';
import type { Vm } from './proxmox.js';
import { freshValue, knownValue } from './reading.js';
import type { Snapshot } from './snapshot.js';
import type { TalosMember, TalosNode } from './talos.js';

/** The layers of one machine, tied by proof. */
export interface Joined {
  readonly talos: TalosNode | null;
  readonly discovered: TalosMember | null;
  readonly kubernetes: KubeNode | null;
  readonly member: EtcdMember | null;
  readonly vm: Vm | null;
  readonly proofs: readonly JoinProof[];
  /** Why something that looks like a part of this machine was not joined. */
  readonly conflicts: readonly string[];
}

interface Match<T> {
  readonly value: T | null;
  readonly proofs: readonly JoinProof[];
  readonly conflict: string | null;
}

const NOTHING: Match<never> = { value: null, proofs: [], conflict: null };

/**
 * Ties what the four layers report into machines. Only facts that the layers report independently count: NIC MAC
 * and SMBIOS UUID, etcd member id, addresses. A name alone never joins, a fact that two machines share joins
 * neither, and a fact that contradicts forbids the join (a restored copy of a guest keeps its UUID, not its MAC).
 */
export function joinLayers(snapshot: Snapshot): readonly Joined[] {
  const book = addressBook(snapshot);
  const kubeNodes = knownValue(snapshot.kubeNodes) ?? [];
  const members = knownValue(snapshot.etcdMembers) ?? [];
  const guests = (knownValue(snapshot.vms) ?? []).filter((vm) => !vm.isTemplate);
  const index: Index = {
    book,
    kubeByUuid: groupBy(kubeNodes, (node) => (node.systemUuid === null ? [] : [node.systemUuid])),
    kubeByAddress: groupBy(kubeNodes, (node) => node.internalIps),
    memberById: new Map(members.map((member) => [member.id, member])),
    membersByHost: groupBy(members, hostsOf),
    guestByMac: groupBy(guests, guestMacs),
    guestByUuid: groupBy(guests, guestUuids),
  };

  const hubs = [...snapshot.talosNodes.values()].map((talos) => joinTalos(talos, index));
  const taken = exclusive(hubs);
  const lone = kubeNodes
    .filter((node) => !taken.has(node))
    .map((node) => joinKube(node, index, taken));
  for (const { member, vm } of lone) {
    if (member) taken.add(member);
    if (vm) taken.add(vm);
  }
  return [
    ...hubs.map((hub) => withoutShared(hub, taken)),
    ...lone,
    ...members.filter((member) => !taken.has(member)).map((member) => ({ ...BARE, member })),
    ...guests.filter((vm) => !taken.has(vm)).map((vm) => ({ ...BARE, vm })),
  ];
}

const BARE: Joined = {
  talos: null,
  discovered: null,
  kubernetes: null,
  member: null,
  vm: null,
  proofs: [],
  conflicts: [],
};

interface Index {
  readonly book: AddressBook;
  readonly kubeByUuid: ReadonlyMap<string, readonly KubeNode[]>;
  readonly kubeByAddress: ReadonlyMap<string, readonly KubeNode[]>;
  readonly memberById: ReadonlyMap<string, EtcdMember>;
  readonly membersByHost: ReadonlyMap<string, readonly EtcdMember[]>;
  readonly guestByMac: ReadonlyMap<string, readonly Vm[]>;
  readonly guestByUuid: ReadonlyMap<string, readonly Vm[]>;
}

function joinTalos(talos: TalosNode, index: Index): Joined {
  const kubernetes = kubeOf(talos, index);
  const member = memberOf(talos, index);
  const vm = guestOf(talos, kubernetes.value, index);
  const matches = [vm, member, kubernetes];
  return {
    talos,
    discovered: index.book.discoveredOf(talos.address),
    kubernetes: kubernetes.value,
    member: member.value,
    vm: vm.value,
    proofs: [...new Set(matches.flatMap((match) => match.proofs))].sort(byStrength),
    conflicts: matches.flatMap((match) => (match.conflict === null ? [] : [match.conflict])),
  };
}

function kubeOf(talos: TalosNode, index: Index): Match<KubeNode> {
  const identity = knownValue(talos.identity);
  const uuid = index.book.ownUuid(talos);
  const byUuid = uuid === null ? [] : (index.kubeByUuid.get(uuid) ?? []);
  const byAddress = index.book
    .addressesOf(talos)
    .flatMap((address) => index.kubeByAddress.get(address) ?? []);
  const candidates = [...new Set([...byUuid, ...byAddress])].filter(
    (node) =>
      !(uuid !== null && node.systemUuid !== null && node.systemUuid !== uuid) &&
      (!identity?.nodeName || identity.nodeName === node.name),
  );
  const node = only(candidates);
  if (node === undefined) {
    const conflict =
      candidates.length > 1
        ? `Kubernetes nodes ${names(candidates)} both claim this machine; none is joined`
        : null;
    return { ...NOTHING, conflict };
  }
  return {
    value: node,
    proofs: [
      ...(byUuid.includes(node) ? (['system-uuid'] as const) : []),
      ...(byAddress.includes(node) ? (['address'] as const) : []),
    ],
    conflict: null,
  };
}

function memberOf(talos: TalosNode, index: Index): Match<EtcdMember> {
  const status = knownValue(talos.etcd);
  const byId = status === undefined ? undefined : index.memberById.get(status.memberId);
  if (byId) return { value: byId, proofs: ['member-id'], conflict: null };

  const byAddress = only([
    ...new Set(
      index.book.addressesOf(talos).flatMap((address) => index.membersByHost.get(address) ?? []),
    ),
  ]);
  if (byAddress === undefined) return NOTHING;
  const current = freshValue(talos.etcd);
  if (current !== undefined) {
    const conflict = `etcd runs here as ${current.memberId}, but the member list has ${byAddress.id} at this address`;
    return { ...NOTHING, conflict };
  }
  return { value: byAddress, proofs: ['address'], conflict: null };
}

function guestOf(talos: TalosNode, kube: KubeNode | null, index: Index): Match<Vm> {
  const macs = index.book.ownMacs(talos);
  const uuid = index.book.ownUuid(talos);
  const byMac = macs.flatMap((mac) => index.guestByMac.get(mac) ?? []);
  const byUuid = uuid === null ? [] : (index.guestByUuid.get(uuid) ?? []);
  const byKube = uuid === null && kube !== null ? guestsOfKube(kube, index) : [];
  const knownUuid = uuid ?? (kube === null ? null : ownKubeUuid(kube, index));
  const seen = [...new Set([...byMac, ...byUuid, ...byKube])];
  const candidates = seen.filter((vm) => !contradicts(vm, knownUuid, macs));
  const vm = only(candidates);
  if (vm !== undefined) {
    return {
      value: vm,
      proofs: [
        ...(byMac.includes(vm) ? (['mac'] as const) : []),
        ...(byUuid.includes(vm) ? (['smbios-uuid'] as const) : []),
        ...(byKube.includes(vm) ? (['system-uuid'] as const) : []),
      ],
      conflict: null,
    };
  }
  if (candidates.length > 1) {
    return { ...NOTHING, conflict: `${guestNames(candidates)} both match; none is joined` };
  }
  if (seen.length > 0) {
    const conflict = `${guestNames(seen)} shares the MAC address or the UUID of this machine, but not both; not joined`;
    return { ...NOTHING, conflict };
  }
  return NOTHING;
}

function contradicts(vm: Vm, uuid: string | null, macs: readonly string[]): boolean {
  const vmUuid = guestUuids(vm)[0];
  if (uuid !== null && vmUuid !== undefined && vmUuid !== uuid) return true;
  const vmMacs = guestMacs(vm);
  return macs.length > 0 && vmMacs.length > 0 && !vmMacs.some((mac) => macs.includes(mac));
}

function joinKube(kubernetes: KubeNode, index: Index, taken: ReadonlySet<object>): Joined {
  const guests = guestsOfKube(kubernetes, index);
  const vm = only(guests.filter((guest) => !taken.has(guest))) ?? null;
  const hosts = kubernetes.internalIps.filter(
    (address) => isJoinableAddress(address) && index.kubeByAddress.get(address)?.length === 1,
  );
  const members = hosts.flatMap((address) => index.membersByHost.get(address) ?? []);
  const member = only([...new Set(members)].filter((each) => !taken.has(each))) ?? null;
  return {
    ...BARE,
    kubernetes,
    vm,
    member,
    proofs: [...(member ? (['address'] as const) : []), ...(vm ? (['system-uuid'] as const) : [])],
    conflicts:
      guests.length > 1 ? [`${guestNames(guests)} both have its UUID; none is joined`] : [],
  };
}

/** The UUID of this node, unless another node claims to be the same machine. */
function ownKubeUuid({ systemUuid }: KubeNode, { kubeByUuid }: Index): string | null {
  return systemUuid !== null && kubeByUuid.get(systemUuid)?.length === 1 ? systemUuid : null;
}

function guestsOfKube(kube: KubeNode, index: Index): readonly Vm[] {
  const uuid = ownKubeUuid(kube, index);
  return uuid === null ? [] : (index.guestByUuid.get(uuid) ?? []);
}

/** What exactly one hub claims. What two hubs claim belongs to neither. */
function exclusive(hubs: readonly Joined[]): Set<object> {
  const once = new Set<object>();
  const shared = new Set<object>();
  for (const { kubernetes, member, vm } of hubs) {
    for (const part of [kubernetes, member, vm]) {
      if (part === null) continue;
      if (once.has(part)) shared.add(part);
      once.add(part);
    }
  }
  for (const part of shared) once.delete(part);
  return once;
}

function withoutShared(hub: Joined, taken: ReadonlySet<object>): Joined {
  const { kubernetes, member, vm } = hub;
  const lost = [
    kubernetes && !taken.has(kubernetes) ? `Kubernetes node ${kubernetes.name}` : null,
    member && !taken.has(member) ? `etcd member ${member.id}` : null,
    vm && !taken.has(vm) ? guestNames([vm]) : null,
  ].filter((name) => name !== null);
  if (lost.length === 0) return hub;
  return {
    ...hub,
    kubernetes: kubernetes && taken.has(kubernetes) ? kubernetes : null,
    member: member && taken.has(member) ? member : null,
    vm: vm && taken.has(vm) ? vm : null,
    conflicts: [...hub.conflicts, `${lost.join(', ')} also matches another machine; not joined`],
  };
}

const STRENGTH: Readonly<Record<JoinProof, number>> = {
  mac: 0,
  'smbios-uuid': 1,
  'member-id': 2,
  'system-uuid': 3,
  address: 4,
};

const byStrength = (a: JoinProof, b: JoinProof): number => STRENGTH[a] - STRENGTH[b];

function guestUuids(vm: Vm): readonly string[] {
  const uuid = knownValue(vm.config)?.smbiosUuid;
  return uuid ? [uuid] : [];
}

const guestMacs = (vm: Vm): readonly string[] =>
  (knownValue(vm.config)?.nics ?? []).flatMap((nic) => (nic.mac === null ? [] : [nic.mac]));

const guestNames = (guests: readonly Vm[]): string =>
  guests
    .map((vm) => `VM ${vm.id} (${vm.name})`)
    .sort()
    .join(' and ');

const names = (nodes: readonly KubeNode[]): string =>
  nodes
    .map((node) => node.name)
    .sort()
    .join(' and ');
