import { vipsConfigured } from '../../world/talos-settings.js';
import type { LabNode, World } from '../../world/types.js';
import { type Kind, kind, type NodeView, resource } from './kind.js';

/** Talos' kernel brings the virtual devices; the NIC comes after them. */
/** talos: beyond this a clock is stepped, not slewed. */
const SYNCED_WITHIN_MS = 60_000;
const NIC_INDEX = 8;

export const NETWORK_KINDS: readonly Kind[] = [
  kind(
    'network',
    'NetworkStatuses.net.talos.dev',
    {
      owner: 'network.StatusController',
    },
    ({ node }) => {
      const isReady = !node.unmetConditions.some(({ name }) => name === 'network');
      return [
        resource('status', {
          addressReady: isReady,
          connectivityReady: isReady,
          hostnameReady: true,
          etcFilesReady: true,
        }),
      ];
    },
  ),
  kind(
    'network',
    'HostnameStatuses.net.talos.dev',
    {
      owner: 'network.HostnameSpecController',
    },
    ({ node }) => [resource('hostname', { hostname: node.hostname, domainname: '' })],
  ),
  kind(
    'network',
    'AddressStatuses.net.talos.dev',
    {
      owner: 'network.AddressStatusController',
      follows: ['vip'],
    },
    addressStatuses,
  ),
  kind(
    'network',
    'NodeAddresses.net.talos.dev',
    {
      owner: 'network.NodeAddressController',
      follows: ['vip'],
    },
    nodeAddresses,
  ),
  kind(
    'network',
    'LinkStatuses.net.talos.dev',
    {
      owner: 'network.LinkStatusController',
    },
    linkStatuses,
  ),
  kind(
    'network',
    'RouteStatuses.net.talos.dev',
    {
      owner: 'network.RouteStatusController',
    },
    routeStatuses,
  ),
  kind(
    'network',
    'ResolverStatuses.net.talos.dev',
    {
      owner: 'network.ResolverSpecController',
    },
    ({ world }) => [
      resource('resolvers', { dnsServers: [world.facts.gateway], searchDomains: [] }),
    ],
  ),
  kind(
    'network',
    'TimeServerStatuses.net.talos.dev',
    {
      owner: 'network.TimeServerSpecController',
    },
    () => [resource('timeservers', { timeServers: ['time.cloudflare.com'] })],
  ),
  kind(
    'runtime',
    'TimeStatuses.v1alpha1.talos.dev',
    { owner: 'time.SyncController' },
    ({ node }) => [
      resource('node', {
        // A clock that is far off has not been synchronised since the boot.
        synced: Math.abs(node.machine.clockSkewMs) < SYNCED_WITHIN_MS,
        epoch: 1,
        syncDisabled: false,
      }),
    ],
  ),
  kind(
    'network',
    'OperatorSpecs.net.talos.dev',
    {
      owner: 'network.OperatorMergeController',
      follows: ['vip'],
    },
    operatorSpecs,
  ),
];

const isHolder = (world: World, node: LabNode): boolean => world.vip.holder === node.hostname;

function address(cidr: string, linkName: string, linkIndex: number, scope: string) {
  const isV6 = cidr.includes(':');
  const [ip = ''] = cidr.split('/');
  return resource(`${linkName}/${cidr}`, {
    address: cidr,
    local: isV6 ? undefined : ip,
    linkIndex,
    linkName,
    family: isV6 ? 'inet6' : 'inet4',
    scope,
    flags: 'permanent',
    priority: 0,
  });
}

function addressStatuses({ world, node }: NodeView) {
  const { lanPrefixLength } = world.facts;
  const { linkName } = node.machine;
  return [
    address('127.0.0.1/8', 'lo', 1, 'host'),
    address('::1/128', 'lo', 1, 'host'),
    address(`${node.address}/${lanPrefixLength}`, linkName, NIC_INDEX, 'global'),
    address(`${linkLocal(node.mac)}/64`, linkName, NIC_INDEX, 'link'),
    // The prefix of a VIP is always the full length (talos.md §2.5).
    ...(isHolder(world, node)
      ? [address(`${world.vip.address}/32`, linkName, NIC_INDEX, 'global')]
      : []),
  ];
}

/** EUI-64: the NIC's address with `ff:fe` in its middle and the universal bit turned. */
function linkLocal(mac: string): string {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  const eui = [(bytes[0] ?? 0) ^ 2, bytes[1], bytes[2], 0xff, 0xfe, bytes[3], bytes[4], bytes[5]];
  const groups = [0, 2, 4, 6].map((at) =>
    (((eui[at] ?? 0) << 8) | (eui[at + 1] ?? 0)).toString(16),
  );
  return `fe80::${groups.join(':')}`;
}

function nodeAddresses({ world, node }: NodeView) {
  const lan = `${node.address}/${world.facts.lanPrefixLength}`;
  const vip = isHolder(world, node) ? [`${world.vip.address}/32`] : [];
  const all = [lan, ...vip, '127.0.0.1/8', '::1/128', `${linkLocal(node.mac)}/64`];
  const byId: Readonly<Record<string, readonly string[]>> = {
    default: [lan],
    current: all,
    'current-no-k8s': all,
    routed: [lan, ...vip],
    'routed-no-k8s': [lan, ...vip],
    accumulative: all,
    'accumulative-no-k8s': all,
  };
  return Object.entries(byId).map(([id, addresses]) =>
    resource(id, { addresses, sortAlgorithm: 'v1' }),
  );
}

interface VirtualLink {
  readonly name: string;
  readonly index: number;
  readonly type: string;
  readonly kind: string;
}

const VIRTUAL_LINKS: readonly VirtualLink[] = [
  { name: 'lo', index: 1, type: 'loopback', kind: '' },
  { name: 'bond0', index: 2, type: 'ether', kind: 'bond' },
  { name: 'dummy0', index: 3, type: 'ether', kind: 'dummy' },
  { name: 'teql0', index: 4, type: 'void', kind: '' },
  { name: 'tunl0', index: 5, type: 'ipip', kind: 'ipip' },
  { name: 'sit0', index: 6, type: 'sit', kind: 'sit' },
  { name: 'ip6tnl0', index: 7, type: 'tunnel6', kind: 'ip6tnl' },
];

function linkStatuses({ node }: NodeView) {
  const virtual = VIRTUAL_LINKS.map((link) =>
    resource(link.name, {
      index: link.index,
      type: link.type,
      linkIndex: 0,
      flags: link.name === 'lo' ? 'UP,LOOPBACK,RUNNING,LOWER_UP' : '',
      hardwareAddr: link.name === 'lo' ? '00:00:00:00:00:00' : '',
      permanentAddr: '',
      broadcastAddr: '',
      mtu: link.name === 'lo' ? 65536 : 1500,
      queueDisc: 'noop',
      operationalState: link.name === 'lo' ? 'unknown' : 'down',
      kind: link.kind,
      slaveKind: '',
      linkState: link.name === 'lo',
      port: 'Other',
      duplex: 'Unknown',
    }),
  );
  return [...virtual, resource(node.machine.linkName, nic(node))];
}

const nic = (node: LabNode) => ({
  altNames: [`enx${node.mac.replaceAll(':', '')}`],
  index: NIC_INDEX,
  type: 'ether',
  linkIndex: 0,
  flags: 'UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP',
  hardwareAddr: node.mac,
  permanentAddr: node.mac,
  broadcastAddr: 'ff:ff:ff:ff:ff:ff',
  mtu: 1500,
  queueDisc: 'pfifo_fast',
  operationalState: 'up',
  kind: '',
  slaveKind: '',
  busPath: '0000:06:12.0',
  driver: 'virtio_net',
  driverVersion: '1.0.0',
  linkState: true,
  port: 'Other',
  duplex: 'Unknown',
});

function routeStatuses({ world, node }: NodeView) {
  const { gateway, lanPrefix, lanPrefixLength } = world.facts;
  const { linkName } = node.machine;
  const common = {
    family: 'inet4',
    src: node.address,
    outLinkIndex: NIC_INDEX,
    outLinkName: linkName,
    table: 'main',
    priority: 1024,
  };
  return [
    resource(`${linkName}/inet4/${gateway}//1024`, {
      ...common,
      dst: '',
      gateway,
      scope: 'global',
      type: 'unicast',
      flags: '',
      protocol: 'dhcp',
    }),
    resource(`inet4//${lanPrefix}.0.0/${lanPrefixLength}/1024`, {
      ...common,
      dst: `${lanPrefix}.0.0/${lanPrefixLength}`,
      gateway: '',
      scope: 'link',
      type: 'unicast',
      flags: '',
      protocol: 'kernel',
    }),
  ];
}

/** One for each virtual address that the configuration names, whether its link exists or not. */
function operatorSpecs({ world, node }: NodeView) {
  const { linkName } = node.machine;
  const dhcp = resource(`dhcp4/${linkName}`, {
    operator: 'dhcp4',
    linkName,
    requireUp: true,
    dhcp4: { routeMetric: 1024, clientIdentifier: { clientIdentifier: 'mac' } },
    layer: 'configuration',
  });
  const vips = world.vip.isConfigured ? vipsConfigured(world, node) : [];
  return [
    dhcp,
    ...vips.map(({ address, link }) => {
      const name = link.kind === 'name' ? link.name : linkName;
      return resource(`vip/${name}/${address}`, {
        operator: 'vip',
        linkName: name,
        requireUp: true,
        vip: { ip: address, gratuitousARP: true },
        layer: 'configuration',
      });
    }),
  ];
}
