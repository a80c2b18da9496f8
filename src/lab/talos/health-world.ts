import { status } from '@grpc/grpc-js';
import { liveApiServers } from '../world/api-server.js';
import { isEtcdWorking } from '../world/etcd.js';
import { listObjects } from '../world/kube-store.js';
import type { KubeResource } from '../world/kube-types.js';
import { reachabilityOf } from '../world/node.js';
import { talosMinor } from '../world/talos-version.js';
import type { LabNode } from '../world/types.js';
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
    kube: async (resource) => kubeObjects(talos, resource),
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

/** By the kubeconfig of the cluster: its endpoint. */
function kubeObjects({ world }: TalosLab, resource: KubeListed): readonly KubeFact[] {
  const url = `${world.facts.kubeEndpoint}/${PATHS[resource]}`;
  if (world.vip.isConfigured && world.vip.holder === null) {
    const host = new URL(url).host;
    throw new CallFailed(`Get "${url}": dial tcp ${host}: connect: no route to host`);
  }
  if (liveApiServers(world).length === 0 || !isEtcdWorking(world)) {
    throw new CallFailed(`Get "${url}": context deadline exceeded`);
  }
  return listObjects(world, KINDS[resource]).filter(
    ({ metadata }) => (metadata.namespace ?? 'kube-system') === 'kube-system',
  );
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
