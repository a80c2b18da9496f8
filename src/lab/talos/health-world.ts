import { status } from '@grpc/grpc-js';
import { liveApiServers } from '../world/api-server.js';
import { isEtcdWorking } from '../world/etcd.js';
import { listObjects } from '../world/kube-store.js';
import type { KubeResource } from '../world/kube-types.js';
import { isAlive, reachabilityOf } from '../world/node.js';
import { talosMinor } from '../world/talos-version.js';
import type { LabNode, World } from '../world/types.js';
import { Failure, goErrorText } from './failure.js';
import {
  CallFailed,
  type CheckedNode,
  type ClusterView,
  type KubeFact,
  type KubeListed,
  LATE_CALL,
} from './health-view.js';
import { cniNameOf } from './kinds/control-plane.js';
import { diagnosticsOf } from './kinds/machine.js';
import { partitions } from './kinds/storage.js';
import { dial } from './routing.js';
import { memberFacts } from './services/etcd.js';
import type { TalosLab } from './talos-lab.js';
import { memoryKib } from './usage.js';

/** What machined of one node finds when it checks its cluster. */
export function worldView(
  talos: TalosLab,
  node: LabNode,
  nodes: readonly CheckedNode[],
): ClusterView {
  const { world, lab } = talos;
  const at =
    <T>(read: (found: LabNode) => T) =>
    async (address: string): Promise<T> =>
      talked(() => read(answering(talos, node, address)));
  return {
    minor: talosMinor(node.talosVersion),
    nodes,
    services: at(servicesOf),
    members: async (address) =>
      talked(() => memberFacts(talos, address === null ? node : answering(talos, node, address))),
    version: at(({ talosVersion }) => talosVersion),
    memoryKib: at((found) => memoryKib(world, found).total),
    ephemeral: at((found) => {
      const part = partitions({ lab, world, node: found }).find(
        ({ label }) => label === 'EPHEMERAL',
      );
      return part === undefined ? null : { location: part.device, bytes: part.size };
    }),
    diagnostics: at((found) => diagnosticsOf(world, found).map(({ message }) => message)),
    stage: at(({ stage }) => stage),
    staticPods: at(({ hostname, areStaticPodsUp }) =>
      listObjects(world, 'pods')
        .filter(({ metadata }) => areStaticPodsUp && metadata.name.endsWith(`-${hostname}`))
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ),
    cniName: async () => cniNameOf(node),
    kube: async (resource) => kubeObjects(talos, node, resource),
  };
}

/** @throws Failure, CallFailed as a call from one node to another ends. */
function answering(talos: TalosLab, from: LabNode, address: string): LabNode {
  // A worker's apid knows itself alone.
  if (from.role === 'worker' && from.address !== address) {
    const refusal = new Failure(status.PERMISSION_DENIED, 'no request forwarding');
    throw new CallFailed(goErrorText(refusal), true);
  }
  const node = dial(talos, address);
  if (reachabilityOf(node) === 'silent') throw new CallFailed(LATE_CALL, true);
  return node;
}

function talked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) throw new CallFailed(goErrorText(error));
    throw error;
  }
}

const servicesOf = (node: LabNode) =>
  [...node.services.values()].map(({ id, events, isHealthy }) => {
    const last = events.at(-1);
    return {
      id,
      last: last === undefined ? null : { state: last.state, message: last.message },
      isHealthy: isHealthy === true,
    };
  });

/** By the kubeconfig of the cluster: the endpoint that its configuration names. */
function kubeObjects(
  { world }: TalosLab,
  asked: LabNode,
  resource: KubeListed,
): readonly KubeFact[] {
  const endpoint = asked.machine.config?.settings?.endpoint ?? world.facts.kubeEndpoint;
  const url = `${endpoint}/${PATHS[resource]}`;
  const { host, hostname } = new URL(url);
  const reason = dialFault(world, hostname);
  if (reason !== null) throw new CallFailed(`Get "${url}": dial tcp ${host}: connect: ${reason}`);
  if (liveApiServers(world).length === 0 || !isEtcdWorking(world)) {
    throw new CallFailed(`Get "${url}": context deadline exceeded`);
  }
  return listObjects(world, KINDS[resource]).filter(
    ({ metadata }) => (metadata.namespace ?? 'kube-system') === 'kube-system',
  );
}

/** What keeps a connection to an address of this cluster from coming about. */
function dialFault(world: World, address: string): string | null {
  const holder = world.vip.address === address ? world.vip.holder : null;
  const node = [...world.nodes.values()].find((each) =>
    holder === null ? each.address === address : each.hostname === holder,
  );
  if (node === undefined) return world.vip.address === address ? 'no route to host' : null;
  if (!isAlive(node)) return 'no route to host';
  return liveApiServers(world).includes(node) ? null : 'connection refused';
}

const KINDS: Readonly<Record<KubeListed, KubeResource>> = {
  nodes: 'nodes',
  pods: 'pods',
  daemonsets: 'daemonsets',
  deployments: 'deployments',
};

const PATHS: Readonly<Record<KubeListed, string>> = {
  nodes: 'api/v1/nodes',
  pods: 'api/v1/namespaces/kube-system/pods',
  daemonsets: 'apis/apps/v1/namespaces/kube-system/daemonsets',
  deployments: 'apis/apps/v1/namespaces/kube-system/deployments',
};
