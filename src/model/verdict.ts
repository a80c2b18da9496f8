import { formatCount, formatList } from './format.js';
import type { IpAddress } from './ids.js';
import { issuesOf } from './issues.js';
import { isSilence } from './layers.js';
import { compareLevels } from './levels.js';
import type { Verdict } from './machine.js';
import { machinesOf } from './machines.js';
import { isProxmoxNamed } from './proxmox-named.js';
import { quorumState } from './quorum.js';
import { type Reading, readingError } from './reading.js';
import { sanitise } from './sanitise.js';
import type { Snapshot } from './snapshot.js';

/** More would not be read. */
const MOST_NAMES = 4;

const derived = new WeakMap<Snapshot, Verdict>();

/** One sentence that names the broken layer, and how many other issues there are. */
export function verdictOf(snapshot: Snapshot): Verdict {
  const known = derived.get(snapshot);
  if (known !== undefined) return known;
  const verdict = derive(snapshot);
  derived.set(snapshot, verdict);
  return verdict;
}

/** No layer answers: neither Talos nor Kubernetes nor Proxmox (exit code 4). */
export function isNothingReachable(snapshot: Snapshot): boolean {
  const layers = mainReadings(snapshot);
  return layers.length > 0 && layers.every(({ reading }) => readingError(reading) !== undefined);
}

function derive(snapshot: Snapshot): Verdict {
  const layers = mainReadings(snapshot);
  if (layers.every(({ reading }) => reading.state === 'waiting')) {
    return { level: 'unknown', text: 'Waiting for the first answers' };
  }
  if (isNothingReachable(snapshot)) {
    const errors = layers.flatMap(({ reading }) => readingError(reading) ?? []);
    const silent = errors.find(isSilence) ?? errors[0];
    return { level: 'unknown', text: sanitise(`Nothing is reachable: ${silent?.message}`) };
  }
  const issues = issuesOf(snapshot);
  const [worst] = issues;
  if (worst?.level !== 'fail' && layers.some(({ reading }) => reading.state === 'waiting')) {
    return { level: 'unknown', text: sanitise(waitingText(snapshot)) };
  }
  if (worst === undefined) return unexplained(snapshot) ?? healthy(snapshot);
  const more = issues.length > 1 ? ` (+${issues.length - 1} more)` : '';
  return { level: worst.level, text: `${worst.layer}: ${worst.text}${more}` };
}

/** Nodes by name: one that hangs is found by that. */
function waitingText(snapshot: Snapshot): string {
  const waiting = mainReadings(snapshot).filter(({ reading }) => reading.state === 'waiting');
  const silent = waiting.flatMap(({ node }) => node ?? []);
  const others = waiting.filter(({ node }) => node === undefined).map(({ name }) => name);
  const layers = formatList([...new Set(others)]);
  if (silent.length === 0) return `Waiting for ${layers}`;
  const machines = machinesOf(snapshot);
  const names = silent.map(
    (address) => machines.find(({ talos }) => talos?.address === address)?.name ?? address,
  );
  const shown =
    names.length > MOST_NAMES
      ? [...names.slice(0, MOST_NAMES - 1), `${names.length - MOST_NAMES + 1} more nodes`]
      : names;
  const verb = names.length === 1 ? 'has' : 'have';
  const rest = layers === '' ? '' : `; waiting for ${layers}`;
  return `Talos: ${formatList(shown)} ${verb} not answered yet${rest}`;
}

/** A row that is not well, and no issue says so: then the row itself is the verdict. */
function unexplained(snapshot: Snapshot): Verdict | null {
  const [worst] = machinesOf(snapshot)
    .filter(({ isProven, level }) => isProven && level !== 'ok' && level !== 'none')
    .toSorted((a, b) => compareLevels(a.level, b.level));
  if (worst === undefined) return null;
  const [problem] = worst.problems;
  if (problem === undefined)
    return { level: 'unknown', text: `Waiting for the rest of ${worst.name}` };
  const level = worst.level === 'fail' || worst.level === 'unknown' ? worst.level : 'warn';
  return { level, text: `${worst.name}: ${problem}` };
}

function healthy(snapshot: Snapshot): Verdict {
  const count = machinesOf(snapshot).filter(({ isProven }) => isProven).length;
  const { voters, sentence } = quorumState(snapshot);
  const etcd = voters === 0 ? '' : `, etcd ${sentence}`;
  return { level: 'ok', text: `${formatCount(count, 'machine')} healthy${etcd}` };
}

interface MainReading {
  readonly name: string;
  readonly reading: Reading<unknown>;
  /** Whose sign of life it is. */
  readonly node?: IpAddress;
}

/** One reading for each layer that the verdict stands on. */
function mainReadings(snapshot: Snapshot): readonly MainReading[] {
  const { cluster, talosNodes, kubeNodes, kubeHealth, vms, etcdMembers } = snapshot;
  const nodes = [...talosNodes.values()];
  return [
    ...nodes.map(({ address, version }) => ({ name: 'Talos', reading: version, node: address })),
    ...nodes
      .filter(({ version }) => version.state === 'fresh')
      .map(({ status }) => ({ name: 'Talos', reading: status })),
    ...(nodes.some(({ version }) => version.state === 'fresh')
      ? [{ name: 'etcd', reading: etcdMembers }]
      : []),
    { name: 'Kubernetes', reading: kubeNodes },
    { name: 'Kubernetes', reading: kubeHealth },
    ...(isProxmoxNamed(cluster) ? [{ name: 'Proxmox', reading: vms }] : []),
  ];
}
