import { formatList } from './format.js';
import type { IpAddress } from './ids.js';
import { isSilence } from './layers.js';
import type { Machine } from './machine.js';
import { machinesOf } from './machines.js';
import { quorumState } from './quorum.js';
import { freshValue, knownValue, readingError } from './reading.js';
import type { Snapshot } from './snapshot.js';
import type { TalosNode, VipOperator } from './talos.js';

/** One virtual address and who holds it. */
export interface VipState {
  readonly address: IpAddress;
  /** Name of the one machine that holds it, null when none or several do. */
  readonly holder: string | null;
  readonly holderAddress: IpAddress | null;
  /** Every machine that has the address now: two of them fight over it. */
  readonly holders: readonly string[];
  readonly level: 'ok' | 'fail' | 'warn' | 'unknown';
  /** `held`, `no holder`, `two holders`, `not ours`, `unknown`: every line about the address uses it. */
  readonly word: string;
  /** Plain words; empty when one machine holds it. */
  readonly reason: string;
}

interface Seat {
  readonly name: string;
  readonly talos: TalosNode;
}

const derived = new WeakMap<Snapshot, readonly VipState[]>();

/** The address that the cluster is reached at, or the first configured one; null without any. */
export function vipState(snapshot: Snapshot): VipState | null {
  const states = vipStates(snapshot);
  return states.find(({ address }) => address === snapshot.cluster.vip) ?? states[0] ?? null;
}

/** Every virtual address: configured on a control plane (OperatorSpecs), or in the connection. */
export function vipStates(snapshot: Snapshot): readonly VipState[] {
  const known = derived.get(snapshot);
  if (known !== undefined) return known;
  const machines = machinesOf(snapshot);
  const addresses = configuredAddresses(snapshot, machines);
  const states = addresses.map((address) => stateOf(address, machines, snapshot));
  derived.set(snapshot, states);
  return states;
}

function configuredAddresses(
  { cluster, talosNodes }: Snapshot,
  machines: readonly Machine[],
): readonly IpAddress[] {
  const operators = machines.flatMap(({ talos }) => (talos ? operatorsOf(talos) : []));
  const addresses = new Set(operators.map(({ ip }) => ip));
  // An API endpoint that is simply the address of one node is not a virtual address.
  const { vip } = cluster;
  if (vip !== null && !talosNodes.has(vip)) addresses.add(vip);
  return [...addresses].sort();
}

const operatorsOf = (talos: TalosNode): readonly VipOperator[] =>
  knownValue(talos.vipOperators) ?? [];

function stateOf(address: IpAddress, machines: readonly Machine[], snapshot: Snapshot): VipState {
  const seats = machines.flatMap(({ name, talos, role, layers }) =>
    // A machine that is off holds nothing, whatever it said before.
    talos !== null && role !== 'worker' && layers.vm.word !== 'stopped' ? [{ name, talos }] : [],
  );
  const holding = machines.flatMap(({ name, talos }) =>
    talos !== null && holds(talos, address) ? [{ name, talos }] : [],
  );
  const base = { address, holders: holding.map(({ name }) => name) };
  const [first, second] = holding;
  if (first !== undefined && second !== undefined) {
    const reason = `${formatList(base.holders)} both have the address: traffic goes to either`;
    const word = holding.length === 2 ? 'two holders' : `${holding.length} holders`;
    return { ...base, holder: null, holderAddress: null, level: 'fail', word, reason };
  }
  if (first !== undefined) {
    const holder = { holder: first.name, holderAddress: first.talos.address };
    return { ...base, ...holder, level: 'ok', word: 'held', reason: '' };
  }
  const absent = absence(address, seats, snapshot);
  // Whoever should hold it: the API that is reached through it does not answer.
  const isMissed = absent.level === 'warn' && isApiSilentAt(address, snapshot);
  const told: Absence = isMissed ? noHolder(absent.reason) : absent;
  return { ...base, holder: null, holderAddress: null, ...told };
}

/** The Kubernetes API is asked at this address and does not answer. */
export function isApiSilentAt(address: IpAddress, { cluster, kubeHealth }: Snapshot): boolean {
  const error = readingError(kubeHealth);
  const server = cluster.kubernetesServer;
  return error !== undefined && isSilence(error) && server?.includes(address) === true;
}

const holds = (talos: TalosNode, address: IpAddress): boolean =>
  freshValue(talos.addresses)?.some((each) => each.address === address) ?? false;

type Absence = Pick<VipState, 'level' | 'word' | 'reason'>;

const noHolder = (reason: string): Absence => ({ level: 'fail', word: 'no holder', reason });
const notKnown = (reason: string): Absence => ({ level: 'unknown', word: 'unknown', reason });

/** Talos elects the holder through etcd: link, then etcd, then kubelet, in the order of the operator's needs. */
function absence(address: IpAddress, seats: readonly Seat[], snapshot: Snapshot): Absence {
  if (seats.length === 0) return notKnown('no control plane is known yet');
  if (seats.every(({ talos }) => talos.addresses.state === 'waiting')) {
    return notKnown('no control plane has answered yet');
  }
  const { hasQuorum } = quorumState(snapshot);
  if (hasQuorum === false) {
    return noHolder('etcd has no quorum, and the holder is elected through etcd');
  }
  const unread = seats.filter(({ talos }) => talos.addresses.state !== 'fresh');
  if (unread.length > 0) return notKnown(unreadReason(unread));

  const operating = seats.filter(({ talos }) =>
    operatorsOf(talos).some(({ ip }) => ip === address),
  );
  if (operating.length === 0) return unconfigured(seats);
  const linkReason = linkProblem(address, operating);
  if (linkReason !== null) return noHolder(linkReason);
  if (hasQuorum === null)
    return noHolder('etcd cannot be read, and the holder is elected through it');
  return noHolder('the election is open: after a crash the next holder takes up to a minute');
}

function unreadReason(unread: readonly Seat[]): string {
  const names = formatList(unread.map(({ name }) => name));
  const errors = unread.map(({ talos }) => readingError(talos.addresses));
  const verb = errors.every((error) => error && isSilence(error))
    ? unread.length === 1
      ? 'does not answer'
      : 'do not answer'
    : 'could not be read';
  return `${names} ${verb} and may hold it`;
}

function unconfigured(seats: readonly Seat[]): Absence {
  const isReadable = seats.every(({ talos }) => talos.vipOperators.state === 'fresh');
  return isReadable
    ? {
        level: 'warn',
        word: 'not ours',
        reason: 'no control plane is configured for it: it belongs to a load balancer or to nobody',
      }
    : notKnown('no machine has it, and the configuration cannot be read with this role');
}

/** Talos skips an operator silently when no link has its name. */
function linkProblem(address: IpAddress, seats: readonly Seat[]): string | null {
  const states = seats.map(({ talos }) => {
    const linkName = operatorsOf(talos).find(({ ip }) => ip === address)?.linkName ?? '';
    const links = freshValue(talos.links);
    return { linkName, links, link: links?.find(({ name }) => name === linkName) };
  });
  if (states.some(({ links }) => links === undefined)) return null;
  const wanted = [...new Set(states.map(({ linkName }) => `\`${linkName}\``))].join(', ');
  if (states.every(({ link }) => link === undefined)) {
    const present = [
      ...new Set(
        states.flatMap(({ links }) =>
          (links ?? []).filter(({ isPhysical }) => isPhysical).map(({ name }) => `\`${name}\``),
        ),
      ),
    ].sort();
    const existing = present.length === 1 ? 'exists' : 'exist';
    return present.length === 0
      ? `no control plane has the link ${wanted} of its configuration`
      : `no control plane has the link ${wanted} of its configuration, but ${formatList(present)} ${existing}`;
  }
  const isUp = ({ link }: (typeof states)[number]) => link?.operationalState === 'up';
  return states.some(isUp) ? null : `the link ${wanted} is not up on any control plane`;
}
