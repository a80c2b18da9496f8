import { memberOf } from '../../world/etcd.js';
import { readyStatus } from '../../world/kube-node.js';
import { getObject } from '../../world/kube-store.js';
import { rotatesServing } from '../../world/kubelet-certificates.js';
import { kubernetesVersion } from '../../world/talos-config.js';
import { etcdVersionOf } from '../../world/talos-release.js';
import type { LabNode, World } from '../../world/types.js';
import type { Desired } from '../collection.js';
import { encode } from '../protos.js';
import { type Kind, kind, type NodeView, resource } from './kind.js';
import { ipBytes } from './proto-specs.js';

const MACHINE_TYPE = { controlplane: 2, worker: 3 } as const;
const API_SERVER_PORT = 6443;

export const CLUSTER_KINDS: readonly Kind[] = [
  kind(
    'cluster',
    'Members.cluster.talos.dev',
    {
      owner: 'cluster.MemberController',
      follows: ['cluster', 'vip'],
      basis: ({ world }) => discovered(world),
    },
    ({ world }) => discovered(world).members,
  ),
  kind(
    'cluster',
    'Affiliates.cluster.talos.dev',
    {
      owner: 'cluster.AffiliateMergeController',
      follows: ['cluster', 'vip'],
      basis: ({ world }) => discovered(world),
    },
    ({ world }) => discovered(world).affiliates,
  ),
  kind(
    'cluster',
    'Identities.cluster.talos.dev',
    { owner: 'cluster.NodeIdentityController' },
    ({ node }) => [resource('local', { nodeId: node.identity })],
  ),
  kind(
    'cluster',
    'Infos.cluster.talos.dev',
    {
      owner: 'cluster.InfoController',
    },
    ({ world }) => [
      resource('current', {
        clusterId: world.facts.clusterId,
        clusterName: world.facts.clusterName,
      }),
    ],
  ),
  kind(
    'etcd',
    'EtcdMembers.etcd.talos.dev',
    {
      owner: 'etcd.MemberController',
      only: 'controlplane',
    },
    ({ world, node }) => {
      const member = memberOf(world, node.hostname);
      const isRunning = node.services.get('etcd')?.state === 'Running';
      return member === undefined || !isRunning ? [] : [resource('local', { memberID: member.id })];
    },
  ),
  kind(
    'etcd',
    'EtcdSpecs.etcd.talos.dev',
    {
      owner: 'etcd.SpecController',
      only: 'controlplane',
    },
    ({ node }) => [
      resource('etcd', {
        name: node.hostname,
        advertisedAddresses: [node.address],
        listenPeerAddresses: ['::'],
        listenClientAddresses: ['::'],
        image: `registry.k8s.io/etcd:v${etcdVersionOf(node)}`,
        extraArgs: {},
      }),
    ],
  ),
];

export const KUBERNETES_KINDS: readonly Kind[] = [
  kind('k8s', 'Nodenames.kubernetes.talos.dev', { owner: 'k8s.NodenameController' }, ({ node }) => [
    resource(
      'nodename',
      { nodename: node.hostname, hostnameVersion: '1', skipNodeRegistration: false },
      {
        proto: encode('specs.proto', 'cosi.specs.NodenameSpec', {
          nodename: node.hostname,
          hostname_version: '1',
        }),
      },
    ),
  ]),
  kind(
    'k8s',
    'NodeStatuses.kubernetes.talos.dev',
    {
      owner: 'k8s.NodeStatusController',
      follows: ['kube:nodes'],
      basis: ({ world, node }) => getObject(world, 'nodes', node.hostname),
    },
    nodeStatus,
  ),
  kind(
    'k8s',
    'KubeletSpecs.kubernetes.talos.dev',
    { owner: 'k8s.KubeletSpecController' },
    ({ world, node }) => [
      resource('kubelet', {
        image: `ghcr.io/siderolabs/kubelet:${kubernetesVersion(world, node, 'kubelet')}`,
        args: [
          `--hostname-override=${node.hostname}`,
          `--node-ip=${node.address}`,
          ...(rotatesServing(node) ? ['--rotate-server-certificates=true'] : []),
        ],
        expectedNodename: node.hostname,
        config: {
          apiVersion: 'kubelet.config.k8s.io/v1beta1',
          kind: 'KubeletConfiguration',
          clusterDomain: 'cluster.local',
          clusterDNS: ['10.96.0.10'],
          rotateCertificates: true,
          ...(rotatesServing(node) ? { serverTLSBootstrap: true } : {}),
          shutdownGracePeriod: '30s',
          shutdownGracePeriodCriticalPods: '10s',
        },
      }),
    ],
  ),
  kind(
    'k8s',
    'StaticPodStatuses.kubernetes.talos.dev',
    {
      owner: 'k8s.KubeletStaticPodController',
      only: 'controlplane',
      follows: ['kube:pods'],
    },
    staticPods,
  ),
];

interface Discovered {
  readonly signature: string;
  readonly members: readonly Desired[];
  readonly affiliates: readonly Desired[];
}

const DISCOVERED = new WeakMap<World, Discovered>();

/** Discovery tells every node the same: one list for all of them. A dead node stays in it (talos.md §2.5). */
function discovered(world: World): Discovered {
  const nodes = [...world.nodes.values()];
  const signature = `${world.vip.holder}|${nodes
    .map(({ hostname, talosVersion, address }) => `${hostname} ${talosVersion} ${address}`)
    .join('|')}`;
  const known = DISCOVERED.get(world);
  if (known?.signature === signature) return known;
  const fresh: Discovered = {
    signature,
    members: nodes.map((node) => member(world, node)),
    affiliates: nodes.map((node) => affiliate(world, node)),
  };
  DISCOVERED.set(world, fresh);
  return fresh;
}

function member(world: World, node: LabNode): Desired {
  const { spec, addresses } = memberSpec(world, node);
  const proto = encode('specs.proto', 'cosi.specs.MemberSpec', {
    node_id: node.identity,
    addresses: addresses.map((address) => ({ ip: ipBytes(address) })),
    hostname: node.hostname,
    machine_type: MACHINE_TYPE[node.role],
    operating_system: `Talos (${node.talosVersion})`,
    control_plane: node.role === 'controlplane' ? { api_server_port: API_SERVER_PORT } : null,
  });
  return resource(node.hostname, spec, { proto });
}

function affiliate(world: World, node: LabNode): Desired {
  const { spec } = memberSpec(world, node);
  return resource(node.identity, {
    nodeId: spec.nodeId,
    addresses: spec.addresses,
    hostname: spec.hostname,
    nodename: node.hostname,
    operatingSystem: spec.operatingSystem,
    machineType: spec.machineType,
    controlPlane: spec.controlPlane,
  });
}

/** The holder of the VIP lists it among its own addresses. */
function memberSpec(world: World, node: LabNode) {
  const addresses =
    world.vip.holder === node.hostname ? [node.address, world.vip.address] : [node.address];
  const spec = {
    nodeId: node.identity,
    addresses,
    hostname: node.hostname,
    machineType: node.role,
    operatingSystem: `Talos (${node.talosVersion})`,
    controlPlane: node.role === 'controlplane' ? { port: API_SERVER_PORT } : undefined,
  };
  return { spec, addresses };
}

function nodeStatus({ world, node }: NodeView) {
  const object = getObject(world, 'nodes', node.hostname);
  if (object === undefined) return [];
  const spec = object.spec as {
    readonly unschedulable?: boolean;
    readonly podCIDRs?: readonly string[];
  };
  return [
    resource(node.hostname, {
      nodename: node.hostname,
      nodeReady: readyStatus(object) === 'True',
      unschedulable: spec.unschedulable === true,
      labels: object.metadata.labels ?? {},
      annotations: object.metadata.annotations ?? {},
      podCIDRs: spec.podCIDRs ?? [],
    }),
  ];
}

const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** What the kubelet of this node says about its own static pods. */
function staticPods({ world, node }: NodeView) {
  if (!node.isKubeletUp) return [];
  return STATIC_PODS.flatMap((name) => {
    const pod = getObject(world, 'pods', `${name}-${node.hostname}`, 'kube-system');
    if (pod === undefined) return [];
    return [
      resource(
        `kube-system/${name}-${node.hostname}`,
        JSON.parse(JSON.stringify(pod.status ?? {})),
      ),
    ];
  });
}
