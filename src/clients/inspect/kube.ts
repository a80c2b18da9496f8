import type { Connection } from '../../model/connection.js';
import type { IpAddress } from '../../model/ids.js';
import type { KubeInspection } from '../../model/inspection.js';
import type { KubeClient, Shell } from '../types.js';
import { readApiGroups } from './api-groups.js';
import { readApiServers } from './api-servers.js';
import { readAutomations } from './automations.js';
import { ifServed, kubeLists } from './kube-pages.js';
import { type InspectedKubeNode, nodeShape, pdbShape, podShape } from './kube-shapes.js';
import { readStores } from './stores.js';

export interface KubeQuestion {
  readonly kube: KubeClient;
  readonly shell: Shell;
  readonly connection: Connection;
  /** Addresses by which Talos is asked: of several of a control plane these are preferred. */
  readonly preferred: readonly IpAddress[];
  readonly signal: AbortSignal;
}

/** @throws OperatorError when nodes, pods, budgets or other tools cannot be read */
export async function inspectKube(question: KubeQuestion): Promise<KubeInspection> {
  const { kube, signal } = question;
  const lists = kubeLists(kube, signal);
  const optional = ifServed(lists);
  const [nodes, groups] = await Promise.all([
    lists('/api/v1/nodes', nodeShape),
    readApiGroups(kube, signal),
  ]);
  const [apiServers, pods, pdbs, automations] = await Promise.all([
    apiServersOf(nodes, question),
    lists('/api/v1/pods', podShape),
    lists('/apis/policy/v1/poddisruptionbudgets', pdbShape),
    readAutomations(optional, groups, nodes),
  ]);
  return {
    apiServers,
    pods,
    pdbs,
    automations,
    capacityBytes: new Map(
      nodes.flatMap(({ name, capacityBytes }) =>
        capacityBytes === null ? [] : [[name, capacityBytes] as const],
      ),
    ),
    stores: await readStores({ lists: optional, groups, pods }),
  };
}

function apiServersOf(
  nodes: readonly InspectedKubeNode[],
  { connection, shell, preferred, signal }: KubeQuestion,
): Promise<KubeInspection['apiServers']> {
  const addresses = nodes
    .filter(({ isControlPlane }) => isControlPlane)
    .flatMap(({ internalIps }) => {
      const address = internalIps.find((each) => preferred.includes(each)) ?? internalIps[0];
      return address === undefined ? [] : [address];
    });
  return readApiServers({
    connection,
    shell,
    addresses,
    signal,
  });
}
