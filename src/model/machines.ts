import { etcdLayer } from './etcd-layer.js';
import type { Joined } from './join.js';
import { joinAgain } from './join-plan.js';
import { kubeLayer, talosLayer, vmLayer } from './layers.js';
import { compareLevels, worstLevel } from './levels.js';
import type { LayerState, Machine } from './machine.js';
import type { Vm } from './proxmox.js';
import { isProxmoxNamed } from './proxmox-named.js';
import { knownValue, type Reading, readingError } from './reading.js';
import { sanitise } from './sanitise.js';
import type { Snapshot } from './snapshot.js';

const derived = new WeakMap<Snapshot, readonly Machine[]>();

/**
 * One row per machine: control planes first, then by name. Derived once per snapshot; rows whose parts did not
 * change are the same objects as before.
 */
export function machinesOf(snapshot: Snapshot): readonly Machine[] {
  const known = derived.get(snapshot);
  if (known !== undefined) return known;
  const joined = joinAgain(snapshot);
  const isPlausible = plausibleGuests(joined, snapshot);
  const surroundings = surroundingsOf(snapshot);
  const rows = joined
    .filter((each) => !isLoneGuest(each) || (each.vm !== null && isPlausible(each.vm)))
    .map((each) => rowOf(each, snapshot, surroundings));
  const machines = sorted(rows);
  derived.set(snapshot, machines);
  return machines;
}

export const machineByKey = (snapshot: Snapshot, key: string): Machine | undefined =>
  machinesOf(snapshot).find((machine) => machine.key === key);

function toMachine(joined: Joined, snapshot: Snapshot): Machine {
  const { talos, kubernetes, member, vm } = joined;
  const role = roleOf(joined);
  const layers = {
    vm: vmLayer(joined, snapshot),
    talos: talosLayer(joined),
    etcd: etcdLayer(joined, role === 'control-plane', snapshot.etcdMembers),
    kubernetes: kubeLayer(joined, snapshot),
  };
  const isLone = isLoneGuest(joined);
  return {
    key: keyOf(joined),
    name: nameOf(joined),
    role,
    joinedBy: joined.proofs,
    isProven: !isLone && joined.conflicts.length === 0,
    vm,
    talos,
    member,
    kubernetes,
    layers,
    level: isLone ? 'unknown' : worstLevel(Object.values(layers).map(({ level }) => level)),
    problems: [
      ...new Set([
        ...(isLone
          ? [`VM ${vm?.id} is not proven to belong to this cluster`]
          : problemsOf(layers, snapshot)),
        ...joined.conflicts,
      ]),
    ].map(sanitise),
  };
}

function roleOf({ talos, discovered, kubernetes, member }: Joined): Machine['role'] {
  const types = [talos === null ? undefined : knownValue(talos.identity), discovered];
  for (const known of types) {
    if (known?.machineType === 'worker') return 'worker';
    if (known && known.machineType !== 'unknown') return 'control-plane';
  }
  if (member !== null) return 'control-plane';
  if (kubernetes !== null) return kubernetes.isControlPlane ? 'control-plane' : 'worker';
  return 'unknown';
}

function nameOf({ talos, discovered, kubernetes, member, vm }: Joined): string {
  const identity = talos === null ? undefined : knownValue(talos.identity);
  const name =
    kubernetes?.name ||
    identity?.nodeName ||
    identity?.hostname ||
    discovered?.hostname ||
    member?.hostname ||
    talos?.address ||
    vm?.name ||
    member?.id;
  return sanitise(name ?? '?');
}

/** Talos first: its address is known from the first frame on, so that a row keeps its place when others join. */
function keyOf({ talos, kubernetes, vm, member }: Joined): string {
  if (talos !== null) return `talos:${talos.address}`;
  if (kubernetes !== null) return `kube:${kubernetes.uid}`;
  if (member !== null) return `etcd:${member.id}`;
  return `vm:${vm?.id}`;
}

/**
 * Worst first, and causes without their symptoms: what a stopped guest or a silent node does to the layers above
 * needs no second line, and a list that cannot be read is no problem of every machine on it.
 */
function problemsOf(
  { vm, talos, etcd, kubernetes }: Machine['layers'],
  { vms, kubeNodes }: Snapshot,
): readonly string[] {
  const isDown = vm.level === 'fail';
  const isSilent = isDown || talos.word === 'unreachable';
  const told: readonly LayerState[] = [
    ...(vms.state === 'fresh' ? [vm] : []),
    ...(isDown ? [] : [talos]),
    ...(isSilent && etcd.word === 'unreachable' ? [] : [etcd]),
    ...(kubeNodes.state !== 'fresh' || (isSilent && kubernetes.word !== 'cordoned')
      ? []
      : [kubernetes]),
  ];
  return told
    .filter(({ detail, level }) => detail !== '' && level !== 'ok' && level !== 'none')
    .toSorted((a, b) => compareLevels(a.level, b.level))
    .map(({ detail }) => detail);
}

const isLoneGuest = ({ talos, kubernetes, member }: Joined): boolean =>
  talos === null && kubernetes === null && member === null;

/**
 * A guest that nothing proves is shown when it looks like the missing part of a row: same name as a machine
 * without guest, tagged with the cluster's name, or tagged `talos` while not one guest is proven (the whole
 * cluster is off). It stays a row of its own, and no action may target it. While proofs still arrive there is none:
 * rows that come and go at every start would teach nobody.
 */
function plausibleGuests(
  all: readonly Joined[],
  { cluster, talosNodes }: Snapshot,
): (vm: Vm) => boolean {
  if (!all.some(isLoneGuest)) return () => false;
  const isArriving = [...talosNodes.values()].some(
    ({ identity, links }) => identity.state === 'waiting' || links.state === 'waiting',
  );
  if (isArriving) return () => false;
  const machines = all.filter((each) => !isLoneGuest(each));
  const isNoneProven = machines.every(({ vm }) => vm === null);
  const lacking = new Set(
    machines.filter(({ vm }) => vm === null).map((each) => nameOf(each).toLowerCase()),
  );
  return (vm) =>
    vm.config.state !== 'waiting' &&
    (vm.tags.includes(cluster.name) ||
      lacking.has(vm.name.toLowerCase()) ||
      (isNoneProven && vm.tags.includes('talos')));
}

const ROLE_ORDER: Readonly<Record<Machine['role'], number>> = {
  'control-plane': 0,
  worker: 1,
  unknown: 2,
};

const { compare: compareNames } = new Intl.Collator('en', { numeric: true });

const byRoleAndName = (a: Machine, b: Machine): number =>
  ROLE_ORDER[a.role] - ROLE_ORDER[b.role] ||
  compareNames(a.name, b.name) ||
  (a.key < b.key ? -1 : Number(a.key > b.key));

/** The order of the last rows: names seldom change, and comparing them costs more than all the rest. */
let lastOrder: {
  readonly rows: readonly Machine[];
  readonly places: readonly number[];
} | null = null;

function sorted(rows: readonly Machine[]): readonly Machine[] {
  const isSameOrder =
    lastOrder?.rows.length === rows.length &&
    rows.every((row, index) => {
      const former = lastOrder?.rows[index];
      return (
        row === former ||
        (row.key === former?.key && row.name === former.name && row.role === former.role)
      );
    });
  const places =
    isSameOrder && lastOrder !== null
      ? lastOrder.places
      : rows
          .map((row, index) => ({ row, index }))
          .sort((a, b) => byRoleAndName(a.row, b.row))
          .map(({ index }) => index);
  lastOrder = { rows, places };
  return places.flatMap((place) => rows[place] ?? []);
}

/** What a row depends on besides its parts. The same object as long as nothing in it changed. */
interface Surroundings {
  readonly isProxmoxNamed: boolean;
  readonly vms: unknown;
  readonly kubeNodes: unknown;
  readonly etcdMembers: unknown;
}

let lastSurroundings: Surroundings | null = null;

function surroundingsOf({ cluster, vms, kubeNodes, etcdMembers }: Snapshot): Surroundings {
  const trust = (reading: Reading<unknown>) => readingError(reading) ?? reading.state;
  const next: Surroundings = {
    isProxmoxNamed: isProxmoxNamed(cluster),
    vms: trust(vms),
    kubeNodes: trust(kubeNodes),
    etcdMembers: trust(etcdMembers),
  };
  const isSame =
    lastSurroundings !== null &&
    lastSurroundings.isProxmoxNamed === next.isProxmoxNamed &&
    lastSurroundings.vms === next.vms &&
    lastSurroundings.kubeNodes === next.kubeNodes &&
    lastSurroundings.etcdMembers === next.etcdMembers;
  if (!isSame) lastSurroundings = next;
  return lastSurroundings ?? next;
}

interface LastRow {
  readonly joined: Joined;
  readonly surroundings: Surroundings;
  readonly guests: unknown;
  readonly machine: Machine;
}

const lastRows = new WeakMap<object, LastRow>();

/** The former row when nothing in it can have changed: screens compare rows by reference. */
function rowOf(joined: Joined, snapshot: Snapshot, surroundings: Surroundings): Machine {
  const anchor = joined.talos ?? joined.kubernetes ?? joined.member ?? joined.vm;
  // Whether a missing guest is worth a word depends on all guests.
  const guests = joined.vm === null ? snapshot.vms : null;
  const last = anchor === null ? undefined : lastRows.get(anchor);
  if (
    last !== undefined &&
    last.surroundings === surroundings &&
    last.guests === guests &&
    isSameJoin(last.joined, joined)
  ) {
    return last.machine;
  }
  const machine = toMachine(joined, snapshot);
  const kept = last !== undefined && isSameRow(last.machine, machine) ? last.machine : machine;
  if (anchor !== null) lastRows.set(anchor, { joined, surroundings, guests, machine: kept });
  return kept;
}

const isSameJoin = (a: Joined, b: Joined): boolean =>
  a.talos === b.talos &&
  a.discovered === b.discovered &&
  a.kubernetes === b.kubernetes &&
  a.member === b.member &&
  a.vm === b.vm &&
  a.proofs === b.proofs &&
  a.conflicts === b.conflicts;

function isSameRow(a: Machine, b: Machine): boolean {
  return (
    a.vm === b.vm &&
    a.talos === b.talos &&
    a.member === b.member &&
    a.kubernetes === b.kubernetes &&
    a.key === b.key &&
    a.name === b.name &&
    a.role === b.role &&
    a.isProven === b.isProven &&
    isSameLayer(a.layers.vm, b.layers.vm) &&
    isSameLayer(a.layers.talos, b.layers.talos) &&
    isSameLayer(a.layers.etcd, b.layers.etcd) &&
    isSameLayer(a.layers.kubernetes, b.layers.kubernetes) &&
    isSameList(a.joinedBy, b.joinedBy) &&
    isSameList(a.problems, b.problems)
  );
}

const isSameLayer = (a: LayerState, b: LayerState): boolean =>
  a.level === b.level && a.word === b.word && a.detail === b.detail;

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);
