import { parse } from 'yaml';
import {
  CallFailed,
  type CheckedNode,
  type ClusterView,
  type KubeFact,
  type KubeListed,
  LATE_CALL,
  type ServiceFact,
} from '../../talos/health-view.js';
import type { Client } from './client.js';
import { ASKS_EACH_NODE, CLIENT_MINOR } from './client-version.js';
import { CommandError } from './errors.js';
import { type Ask, asking, good, kubeconfigOf } from './kube-ask.js';
import {
  MEMBERS_RESPONSE,
  MEMORY_RESPONSE,
  RESOURCE_RESPONSE,
  SERVICES_RESPONSE,
} from './messages.js';
import { stringField } from './protobuf.js';

/** pkg/conditions: each try has as long as the next one is away. */
const CALL_TIMEOUT_MS = 5000;
const NOTHING = Buffer.alloc(0);

interface Resource {
  readonly id: string;
  readonly spec: unknown;
}

/** In the words of a failed call, and never longer than a try may last. */
function call<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CallFailed(LATE_CALL, true)), CALL_TIMEOUT_MS);
  });
  return Promise.race([work, late])
    .catch((error: unknown) => {
      throw error instanceof CommandError ? new CallFailed(error.message) : error;
    })
    .finally(() => clearTimeout(timer));
}

/** Clients up to 1.13 ask whatever endpoint answers, later ones the node that they were given. */
async function askOwn(client: Client, path: string): Promise<Buffer> {
  const [node] = client.target.nodes;
  if (ASKS_EACH_NODE && node !== undefined) return client.askNode(node, path, NOTHING);
  let answer: Buffer = NOTHING;
  for await (const frame of client.streamAnywhere(path, NOTHING)) answer = frame;
  return answer;
}

async function listed(
  client: Client,
  node: string | null,
  namespace: string,
  type: string,
): Promise<readonly Resource[]> {
  const request = Buffer.concat([stringField(1, namespace), stringField(2, type)]);
  const path = 'cosi.resource.State/List';
  const frames =
    node === null
      ? client.streamAnywhere(path, request)
      : client.streamResources(node, 'List', request);
  const found: Resource[] = [];
  for await (const frame of frames) {
    const { resource } = RESOURCE_RESPONSE.decode(frame);
    const spec: unknown = parse(resource?.spec?.yamlSpec ?? '');
    found.push({ id: resource?.metadata?.id ?? '', spec });
  }
  return found;
}

const ownNode = ({ target }: Client): string | null =>
  ASKS_EACH_NODE ? (target.nodes[0] ?? null) : null;

const field = (spec: unknown, name: string): unknown =>
  typeof spec === 'object' && spec !== null
    ? (spec as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** check.NewDiscoveredClusterInfo. @throws CommandError. */
export async function discoveredNodes(client: Client): Promise<readonly CheckedNode[]> {
  const members = await listed(client, ownNode(client), 'cluster', 'Members.cluster.talos.dev');
  return members.map(({ id, spec }) => {
    const known = field(spec, 'addresses');
    const [first, ...others] = Array.isArray(known) ? known.map(String) : [];
    if (first === undefined) throw new CommandError(`no IP address found for member: ${id}`);
    return {
      addresses: [first, ...others],
      isControlPlane: field(spec, 'machineType') !== 'worker',
    };
  });
}

/** What the checks of `health --server=false` see. */
export function wireView(
  client: Client,
  nodes: readonly CheckedNode[],
  kubeServer: string | undefined,
): ClusterView {
  const machine = async (address: string, method: string): Promise<Buffer> => {
    // An endpoint that cannot be reached is no fault of the node behind it.
    await client.reach().catch((error: unknown) => {
      throw error instanceof CommandError ? new CallFailed(error.message, true) : error;
    });
    return call(client.askNode(address, `machine.MachineService/${method}`, NOTHING));
  };
  const resources = (address: string | null, namespace: string, type: string) =>
    call(listed(client, address, namespace, type));
  let ask: Promise<Ask> | null = null;
  const kube = async (resource: KubeListed): Promise<readonly KubeFact[]> => {
    ask ??= kubeconfigOf(client, ownNode(client) ?? undefined).then((file) =>
      asking(file, kubeServer),
    );
    ask.catch(() => {
      ask = null;
    });
    const answer = await call(ask.then((given) => given('GET', `/${KUBE_PATHS[resource]}`)));
    return good(answer, 'error').items ?? [];
  };
  return {
    minor: CLIENT_MINOR,
    nodes,
    services: async (address) => servicesIn(await machine(address, 'ServiceList')),
    members: async (address) =>
      membersIn(
        address === null
          ? await call(askOwn(client, 'machine.MachineService/EtcdMemberList'))
          : await machine(address, 'EtcdMemberList'),
      ),
    version: (address) => machine(address, 'Version'),
    memoryKib: async (address) =>
      MEMORY_RESPONSE.decode(await machine(address, 'Memory')).messages[0]?.info?.total ?? 0,
    ephemeral: async (address) => {
      const found = await resources(address, 'runtime', 'VolumeStatuses.block.talos.dev');
      const volume = found.find(({ id }) => id === 'EPHEMERAL');
      if (volume === undefined) return null;
      const location = String(field(volume.spec, 'location') ?? '');
      return { location, bytes: Number(field(volume.spec, 'size') ?? 0) };
    },
    diagnostics: async (address) => {
      const found = await resources(address, 'runtime', 'Diagnostics.runtime.talos.dev');
      return found.map(({ spec }) => String(field(spec, 'message') ?? ''));
    },
    stage: async (address) => {
      const [status] = await resources(address, 'runtime', 'MachineStatuses.runtime.talos.dev');
      return String(field(status?.spec, 'stage') ?? 'unknown');
    },
    staticPods: async (address) => {
      const found = await resources(address, 'k8s', 'StaticPodStatuses.kubernetes.talos.dev');
      return found.map(({ id }) => id);
    },
    cniName: async () => {
      const type = 'BootstrapManifestsConfigs.kubernetes.talos.dev';
      const [manifests] = await resources(ownNode(client), 'controlplane', type);
      return String(field(manifests?.spec, 'cniName') ?? '');
    },
    kube,
  };
}

const KUBE_PATHS: Readonly<Record<KubeListed, string>> = {
  nodes: 'api/v1/nodes',
  pods: 'api/v1/namespaces/kube-system/pods',
  daemonsets: 'apis/apps/v1/namespaces/kube-system/daemonsets',
  deployments: 'apis/apps/v1/namespaces/kube-system/deployments',
};

const servicesIn = (answer: Buffer): readonly ServiceFact[] =>
  SERVICES_RESPONSE.decode(answer).messages.flatMap(({ services }) =>
    services.map(({ id, events, health }) => {
      const last = events?.events.at(-1);
      return {
        id,
        last: last === undefined ? null : { state: last.state, message: last.msg },
        isHealthy: health?.healthy ?? false,
      };
    }),
  );

const membersIn = (answer: Buffer) =>
  MEMBERS_RESPONSE.decode(answer).messages.flatMap(({ members }) =>
    members.map(({ id, hostname, isLearner, peerUrls }) => ({
      id: id.toString(16),
      hostname,
      isLearner,
      peerHosts: peerUrls.map((url) => new URL(url).hostname),
    })),
  );
