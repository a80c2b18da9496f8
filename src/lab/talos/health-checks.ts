import { isKubeWritable } from '../world/api-server.js';
import { isEtcdWorking } from '../world/etcd.js';
import { conditionsOf, spec } from '../world/kube-node.js';
import { getObject, listObjects } from '../world/kube-store.js';
import { isAlive, reachabilityOf } from '../world/node.js';
import { isPodReady } from '../world/pods.js';
import type { LabNode, World } from '../world/types.js';
import { diagnosticsOf } from './kinds/machine.js';

const MINUTE_MS = 60_000;
const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

export interface ClusterNodes {
  readonly controlPlanes: readonly LabNode[];
  readonly workers: readonly LabNode[];
}

export interface HealthCheck {
  readonly name: string;
  readonly timeoutMs: number;
  /** null = fine, `SKIP` = does not apply, else why not. */
  readonly run: (world: World, nodes: ClusterNodes) => string | null;
}

const all = ({ controlPlanes, workers }: ClusterNodes): readonly LabNode[] => [
  ...controlPlanes,
  ...workers,
];

const list = (names: readonly string[]): string => `[${names.join(' ')}]`;

const many = (problems: readonly string[]): string | null =>
  problems.length === 0
    ? null
    : `${problems.length} error${problems.length === 1 ? '' : 's'} occurred:\n\t* ${problems.join('\n\t* ')}\n\n`;

/** pkg/cluster/check: ServiceHealthAssertion on the control planes. */
const service =
  (id: string) =>
  (_: World, { controlPlanes }: ClusterNodes): string | null =>
    many(
      controlPlanes.flatMap((node) => {
        const found = node.services.get(id);
        if (reachabilityOf(node) !== 'answers' || found === undefined) {
          return [`${node.address}: service "${id}" not found`];
        }
        if (found.state !== 'Running') {
          const message = found.events.at(-1)?.message ?? '';
          return [
            `${node.address}: service "${id}" not in expected state "Running": current state [${found.state}] ${message}`,
          ];
        }
        return found.isHealthy === true ? [] : [`${node.address}: service is not healthy: ${id}`];
      }),
    );

function etcdMembers(world: World, { controlPlanes }: ClusterNodes): string | null {
  if (!isEtcdWorking(world)) return 'etcdserver: no leader';
  const [stranger] = [...world.etcd.members.values()].filter(
    ({ address }) => !controlPlanes.some((node) => node.address === address),
  );
  if (stranger === undefined) return null;
  const members = [...world.etcd.members.values()].map(({ address }) => address);
  return `etcd member ips ${JSON.stringify(members)} are not subset of control plane node ips ${JSON.stringify(controlPlanes.map(({ address }) => address))}`;
}

function apid(_: World, nodes: ClusterNodes): string | null {
  const silent = all(nodes).filter((node) => reachabilityOf(node) !== 'answers');
  return many(
    silent.map(
      ({ address }) =>
        `${address}: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp ${address}:50000: connect: no route to host"`,
    ),
  );
}

function noDiagnostics(world: World, nodes: ClusterNodes): string | null {
  const found = all(nodes)
    .map((node) => ({ node, messages: diagnosticsOf(world, node).map(({ message }) => message) }))
    .filter(({ messages }) => messages.length > 0)
    .map(({ node, messages }) => `${node.address}: ${messages.join(', ')}`)
    .sort();
  return found.length === 0 ? null : `active diagnostics: ${found.join('; ')}`;
}

function booted(_: World, nodes: ClusterNodes): string | null {
  const others = all(nodes).filter(({ stage, isUp }) => !isUp || stage !== 'running');
  if (others.length === 0) return null;
  const stages = [...new Set(others.map(({ stage }) => stage))].sort();
  const text = stages.map((stage) => {
    const addresses = others.filter((node) => node.stage === stage).map(({ address }) => address);
    return `${stage}: ${list(addresses.sort())}`;
  });
  return `nodes are not running: ${text.join(', ')}`;
}

const needApi =
  (check: HealthCheck['run']): HealthCheck['run'] =>
  (world, nodes) =>
    isKubeWritable(world)
      ? check(world, nodes)
      : `Get "${world.facts.kubeEndpoint}/api/v1/nodes": dial tcp: connect: connection refused`;

function reported(world: World, nodes: ClusterNodes): string | null {
  const missing = all(nodes).filter(({ hostname }) => !getObject(world, 'nodes', hostname));
  return missing.length === 0
    ? null
    : `can't find expected node with IPs ${list(missing.map(({ address }) => JSON.stringify(address)))}`;
}

function staticPods(world: World, { controlPlanes }: ClusterNodes): string | null {
  for (const node of controlPlanes) {
    const missing = STATIC_PODS.filter(
      (name) =>
        !node.areStaticPodsUp ||
        !getObject(world, 'pods', `${name}-${node.hostname}`, 'kube-system'),
    );
    if (missing.length > 0) {
      return `missing static pods on node ${node.address}: ${list(missing.map((name) => `kube-system/${name}`))}`;
    }
  }
  return null;
}

function components(world: World, { controlPlanes }: ClusterNodes): string | null {
  for (const name of STATIC_PODS) {
    const sick = controlPlanes.filter(({ hostname }) => {
      const pod = getObject(world, 'pods', `${name}-${hostname}`, 'kube-system');
      return pod === undefined || !isPodReady(pod);
    });
    if (sick.length > 0) {
      return `some pods are not ready for ${name}: ${list(sick.map(({ hostname }) => `${name}-${hostname}`))}`;
    }
  }
  return null;
}

function nodesReady(world: World): string | null {
  const sick = listObjects(world, 'nodes').filter(
    (object) =>
      !conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  return sick.length === 0
    ? null
    : `some nodes are not ready: ${list(sick.map(({ metadata }) => metadata.name))}`;
}

function schedulable(world: World): string | null {
  const cordoned = listObjects(world, 'nodes').filter((node) => spec(node).unschedulable === true);
  return cordoned.length === 0
    ? null
    : `some nodes are not schedulable: ${list(cordoned.map(({ metadata }) => metadata.name))}`;
}

const pods =
  (label: string) =>
  (world: World): string | null => {
    const mine = listObjects(world, 'pods').filter(
      ({ metadata }) => metadata.labels?.['k8s-app'] === label,
    );
    if (mine.length === 0) return 'SKIP';
    const sick = mine.filter((pod) => !isPodReady(pod));
    return sick.length === 0
      ? null
      : `some pods are not ready: ${list(sick.map(({ metadata }) => metadata.name))}`;
  };

const check = (name: string, run: HealthCheck['run'], timeoutMs = 5 * MINUTE_MS): HealthCheck => ({
  name,
  timeoutMs,
  run,
});

const reach =
  (what: (node: LabNode) => boolean) =>
  (_: World, nodes: ClusterNodes): string | null =>
    all(nodes).every((node) => isAlive(node) && what(node)) ? null : 'context deadline exceeded';

/** talos@1.12: DefaultClusterChecks, in their order and with their time-outs. */
export const HEALTH_CHECKS: readonly HealthCheck[] = [
  check('etcd to be healthy', service('etcd')),
  check('etcd members to be consistent across nodes', (world) =>
    isEtcdWorking(world) ? null : 'etcdserver: no leader',
  ),
  check('etcd members to be control plane nodes', etcdMembers),
  check('apid to be ready', apid),
  check(
    'all nodes memory sizes',
    reach(() => true),
  ),
  check(
    'all nodes disk sizes',
    reach(({ machine }) => machine.systemDisk?.ephemeralBytes != null),
  ),
  check('no diagnostics', noDiagnostics, MINUTE_MS),
  check('kubelet to be healthy', service('kubelet')),
  check('all nodes to finish boot sequence', booted),
  check('all k8s nodes to report', needApi(reported)),
  check('all control plane static pods to be running', needApi(staticPods)),
  check('all control plane components to be ready', needApi(components)),
  check('all k8s nodes to report ready', needApi(nodesReady), 10 * MINUTE_MS),
  check('kube-proxy to report ready', needApi(pods('kube-proxy'))),
  check('coredns to report ready', needApi(pods('kube-dns'))),
  check('all k8s nodes to report schedulable', needApi(schedulable)),
];
