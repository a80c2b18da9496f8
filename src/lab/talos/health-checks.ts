import {
  components,
  coreDns,
  kubeProxy,
  nodesReady,
  reported,
  schedulable,
  staticPods,
} from './health-kube.js';
import {
  addressOf,
  CallFailed,
  type CheckedNode,
  type ClusterView,
  controlPlanesOf,
  type HealthCheck,
  list,
  type MemberFact,
  quoted,
  type ServiceFact,
} from './health-view.js';

const MINUTE_MS = 60_000;
/** The first client that calls node by node. */
const MULTIPLEX_MINOR = 14;
const MIB = 1024 ** 2;
/** pkg/minimal: what the kernel keeps is taken off. */
const LEAST_MEMORY_MIB = { controlPlane: 1848 - 150, worker: 1024 - 150 } as const;
/** 6 GiB less META, STATE, the boot partition and the partition table. */
const LEAST_EPHEMERAL_MIB = 6144 - (2101 + 100 + 1 + 10);

/** hashicorp/go-multierror. */
const many = (problems: readonly string[]): string | null =>
  problems.length === 0
    ? null
    : `${problems.length} error${problems.length === 1 ? '' : 's'} occurred:\n\t* ${problems.join('\n\t* ')}\n\n`;

const byAddress = (nodes: readonly CheckedNode[]): readonly string[] => nodes.map(addressOf).sort();

interface Said<T> {
  readonly address: string;
  readonly value: T;
}

/**
 * All nodes at once: one call that apid fans out, from 1.14 on a call for each.
 * @throws CallFailed when one of them failed; `purpose` is what a client of 1.14 says of a node.
 */
async function askAll<T>(
  view: ClusterView,
  addresses: readonly string[],
  purpose: string,
  ask: (address: string) => Promise<T>,
): Promise<readonly Said<T>[]> {
  const failures: { readonly address: string; readonly failure: CallFailed }[] = [];
  const said: Said<T>[] = [];
  await Promise.all(
    addresses.map(async (address) => {
      try {
        said.push({ address, value: await ask(address) });
      } catch (failure) {
        if (!(failure instanceof CallFailed)) throw failure;
        failures.push({ address, failure });
      }
    }),
  );
  failures.sort((a, b) => (a.address < b.address ? -1 : 1));
  const [first] = failures;
  if (first === undefined) return said.sort((a, b) => (a.address < b.address ? -1 : 1));
  if (view.minor < MULTIPLEX_MINOR) {
    const whole = failures.find(({ failure }) => failure.isWhole);
    if (whole !== undefined) throw whole.failure;
    throw new CallFailed(
      many(failures.map(({ address, failure }) => `${address}: ${failure.message}`)) ?? '',
    );
  }
  throw new CallFailed(
    failures
      .map(({ address, failure }) => `${purpose} "${address}": ${failure.message}`)
      .join('\n'),
  );
}

/** ServiceHealthAssertion, on the control planes. */
const service =
  (id: string) =>
  async (view: ClusterView): Promise<string | null> => {
    const nodes = byAddress(controlPlanesOf(view));
    const purpose = `error getting service info for service "${id}" from node`;
    const said = await askAll(view, nodes, purpose, (address) => view.services(address));
    const found = said.flatMap(({ address, value }) =>
      value.filter((each) => each.id === id).map((fact) => ({ address, fact })),
    );
    if (found.length !== nodes.length) {
      return `expected a response with ${nodes.length} node(s), got ${found.length}`;
    }
    return many(found.flatMap(({ address, fact }) => serviceProblem(address, fact) ?? []));
  };

function serviceProblem(address: string, { id, last, isHealthy }: ServiceFact): string | null {
  if (last === null) return `${address}: no events recorded yet for service "${id}"`;
  if (last.state !== 'Running') {
    return `${address}: service "${id}" not in expected state "Running": current state [${last.state}] ${last.message}`;
  }
  return isHealthy ? null : `${address}: service is not healthy: ${id}`;
}

async function etcdConsistent(view: ClusterView): Promise<string | null> {
  const nodes = byAddress(controlPlanesOf(view));
  const purpose = 'error getting etcd member list from node';
  const [first, ...others] = await askAll(view, nodes, purpose, (address) => view.members(address));
  if (first === undefined) return 'no messages returned';
  const keyOf = ({ id, hostname, isLearner }: MemberFact): string =>
    `${id} ${hostname} ${isLearner}`;
  const known = new Set(first.value.map(keyOf));
  for (const { address, value } of others) {
    const names = (members: readonly MemberFact[]): string =>
      list(members.map(({ hostname }) => hostname));
    if (value.length !== known.size) {
      return `${address}: expected to have ${names(first.value)} members, got ${names(value)}`;
    }
    const stranger = value.find((member) => !known.has(keyOf(member)));
    if (stranger !== undefined) {
      return `${address}: found unexpected etcd member ${stranger.hostname}`;
    }
  }
  return null;
}

async function etcdOnControlPlanes(view: ClusterView): Promise<string | null> {
  const members = (await view.members(null)).flatMap(({ peerHosts }) => peerHosts);
  const known = controlPlanesOf(view).flatMap(({ addresses }) => addresses);
  return members.every((host) => known.includes(host))
    ? null
    : `etcd member ips ${quoted(members)} are not subset of control plane node ips ${quoted(known)}`;
}

const askVersions = (view: ClusterView): Promise<unknown> =>
  askAll(view, byAddress(view.nodes), 'error getting version from node', (address) =>
    view.version(address),
  );

async function apidReady(view: ClusterView): Promise<string | null> {
  await askVersions(view);
  return null;
}

/** The two checks of sizes ask first who is no container. */
async function askMachines(view: ClusterView): Promise<void> {
  try {
    await askVersions(view);
  } catch (error) {
    if (!(error instanceof CallFailed) || view.minor >= MULTIPLEX_MINOR) throw error;
    throw new CallFailed(`error getting version: ${error.message}`);
  }
}

async function memorySizes(view: ClusterView): Promise<string | null> {
  await askMachines(view);
  const purpose = 'error getting memory info for node';
  const said = await askAll(view, byAddress(view.nodes), purpose, (address) =>
    view.memoryKib(address),
  );
  return many(
    said.flatMap(({ address, value }) => {
      const node = view.nodes.find((each) => addressOf(each) === address);
      const least = LEAST_MEMORY_MIB[node?.isControlPlane === true ? 'controlPlane' : 'worker'];
      return value * 1024 < least * MIB
        ? [
            `node "${address}" does not meet memory requirements: expected at least ${least} MiB, actual ${Math.floor(value / 1024)} MiB`,
          ]
        : [];
    }),
  );
}

async function diskSizes(view: ClusterView): Promise<string | null> {
  await askMachines(view);
  const problems: string[] = [];
  for (const address of byAddress(view.nodes)) {
    const volume = await view.ephemeral(address);
    if (volume === null) {
      problems.push(
        `error getting volume status for node "${address}": rpc error: code = NotFound desc = resource VolumeStatuses.block.talos.dev(runtime/EPHEMERAL@undefined) doesn't exist`,
      );
    } else if (volume.bytes < LEAST_EPHEMERAL_MIB * MIB) {
      problems.push(
        `ephemeral partition "${volume.location}" for node "${address}" is too small, expected at least ${ibytes(LEAST_EPHEMERAL_MIB * MIB)}, actual ${ibytes(volume.bytes)}`,
      );
    }
  }
  return many(problems);
}

/** humanize.IBytes: two digits, then none. */
function ibytes(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  const unit = ['B', 'KiB', 'MiB', 'GiB', 'TiB'][power] ?? 'B';
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

async function noDiagnostics(view: ClusterView): Promise<string | null> {
  const found: string[] = [];
  for (const address of byAddress(view.nodes)) {
    const messages = await view.diagnostics(address);
    if (messages.length > 0) found.push(`${address}: ${messages.join(', ')}`);
  }
  return found.length === 0 ? null : `active diagnostics: ${found.join('; ')}`;
}

async function booted(view: ClusterView): Promise<string | null> {
  const byStage = new Map<string, string[]>();
  for (const address of byAddress(view.nodes)) {
    const stage = await view.stage(address);
    if (stage !== 'running') byStage.set(stage, [...(byStage.get(stage) ?? []), address]);
  }
  if (byStage.size === 0) return null;
  const parts = [...byStage].sort(([a], [b]) => (a < b ? -1 : 1));
  return `nodes are not running: ${parts.map(([stage, found]) => `${stage}: ${list(found)}`).join(', ')}`;
}

const check = (name: string, run: HealthCheck['run'], timeoutMs = 5 * MINUTE_MS): HealthCheck => ({
  name,
  timeoutMs,
  run: async (view) => {
    try {
      return await run(view);
    } catch (error) {
      if (error instanceof CallFailed) return error.message;
      throw error;
    }
  },
});

/** talos@1.12–1.14: pkg/cluster/check DefaultClusterChecks, in their order and with their time-outs. */
export const HEALTH_CHECKS: readonly HealthCheck[] = [
  check('etcd to be healthy', service('etcd')),
  check('etcd members to be consistent across nodes', etcdConsistent),
  check('etcd members to be control plane nodes', etcdOnControlPlanes),
  check('apid to be ready', apidReady),
  check('all nodes memory sizes', memorySizes),
  check('all nodes disk sizes', diskSizes),
  check('no diagnostics', noDiagnostics, MINUTE_MS),
  check('kubelet to be healthy', service('kubelet')),
  check('all nodes to finish boot sequence', booted),
  check('all k8s nodes to report', reported),
  check('all control plane static pods to be running', staticPods),
  check('all control plane components to be ready', components),
  check('all k8s nodes to report ready', nodesReady, 10 * MINUTE_MS),
  check('kube-proxy to report ready', kubeProxy),
  check('coredns to report ready', coreDns),
  check('all k8s nodes to report schedulable', schedulable),
];
