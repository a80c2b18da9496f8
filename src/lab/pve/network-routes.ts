import { moveMachine } from '../world/machines.js';
import type { LabNode, World } from '../world/types.js';
import { hostNamed } from './hosts.js';
import { shuffled } from './order.js';
import { died, invalidParameters } from './refusal.js';
import type { Call, Route } from './route.js';

const ZONE = 'lab';
const VNET = 'tnet0';

/** One bridge to the cluster's network, one to nowhere. */
function bridges(call: Call) {
  const { world, given } = call;
  const host = hostNamed(call, call.path.node ?? '');
  const { lanPrefixLength, gateway } = world.facts;
  const common = {
    type: 'bridge',
    active: 1,
    autostart: 1,
    bridge_stp: 'off',
    bridge_fd: '0',
    families: ['inet'],
    method6: 'manual',
    exists: 1,
  };
  const all = [
    {
      ...common,
      iface: 'vmbr0',
      method: 'static',
      address: host.address,
      netmask: String(lanPrefixLength),
      cidr: `${host.address}/${lanPrefixLength}`,
      gateway,
      bridge_ports: 'eno1',
      bridge_vlan_aware: 1,
      bridge_vids: '2-4094',
      priority: 4,
    },
    { ...common, iface: 'vmbr1', method: 'manual', bridge_ports: '', priority: 5 },
    {
      iface: 'eno1',
      type: 'eth',
      active: 1,
      exists: 1,
      method: 'manual',
      method6: 'manual',
      families: ['inet'],
      priority: 3,
    },
    ...(given.type === 'include_sdn'
      ? [{ ...common, iface: VNET, type: 'vnet', method: 'manual' }]
      : []),
  ];
  const wanted = given.type;
  const isWanted = (type: string): boolean =>
    wanted === undefined ||
    wanted === 'include_sdn' ||
    type === wanted ||
    (wanted.startsWith('any_') && type === 'bridge');
  return {
    data: shuffled(
      world,
      all.filter(({ type }) => isWanted(type)),
      ({ iface }) => iface,
    ),
  };
}

const subnetOf = ({ facts }: World): string =>
  facts.lanPrefixLength === 24 ? `${facts.lanPrefix}.0.0/24` : `${facts.lanPrefix}.0.0/16`;

function subnets({ world }: Call) {
  const { first, last } = world.lan.dhcpRange;
  const cidr = subnetOf(world);
  return {
    data: [
      {
        subnet: `${ZONE}-${cidr.replace('/', '-')}`,
        cidr,
        network: cidr.split('/')[0],
        mask: cidr.split('/')[1],
        type: 'subnet',
        vnet: VNET,
        zone: ZONE,
        gateway: world.facts.gateway,
        snat: 1,
        'dhcp-range': [{ 'start-address': first, 'end-address': last }],
        'dhcp-dns-server': world.facts.gateway,
      },
    ],
  };
}

/** An address is reserved when the network device is made. */
function leases({ world }: Call) {
  const base = { zone: ZONE, vnet: VNET, subnet: subnetOf(world) };
  const machines = [...world.nodes.values()].map((node) => ({
    ...base,
    ip: node.address,
    mac: node.mac.toUpperCase(),
    vmid: node.vmId,
    hostname: String(world.vms.get(node.vmId)?.config.name ?? node.hostname),
  }));
  const strangers = [...world.lan.strangers].map(([ip, name]) => ({
    ...base,
    ip,
    mac: name,
    hostname: 'unknown',
  }));
  const gateway = { ...base, ip: world.facts.gateway, gateway: 1 };
  return {
    data: shuffled(world, [...machines, ...strangers, gateway], ({ ip }) => ip),
  };
}

const byMac = (world: World, mac: string): LabNode | undefined =>
  [...world.nodes.values()].find((node) => node.mac === mac.toLowerCase());

/** @throws PveRefusal 400, 500 */
function reserve({ world, given }: Call) {
  const ip = given.ip ?? '';
  const mac = (given.mac ?? '').toLowerCase();
  if (!ip.startsWith(`${world.facts.lanPrefix}.`)) {
    throw invalidParameters({
      ip: `invalid format - ip ${ip} is not in subnet ${subnetOf(world)}`,
    });
  }
  const owner = [...world.nodes.values()].find(({ address }) => address === ip);
  const isTaken =
    (owner !== undefined && owner.mac !== mac) ||
    world.lan.strangers.has(ip) ||
    [world.facts.gateway, world.facts.factoryAddress].includes(ip) ||
    [...world.pveHosts.values()].some(({ address }) => address === ip);
  if (isTaken) throw died(`IP: ${ip} already exists`);
  world.lan.reservations.set(mac, ip);
  const node = byMac(world, mac);
  if (node !== undefined && node.address !== ip) {
    // A machine that runs keeps its lease until it asks again.
    if (node.isUp) throw died(`mapping of ${mac} is in use by VM ${node.vmId}`);
    moveMachine(world, node, ip);
  }
  return { data: null };
}

const AUDIT: Route['privilege'] = ['/sdn/zones/lab', 'SDN.Audit|SDN.Allocate'];

const fixed = (
  path: string,
  data: (call: Call) => unknown,
  privilege: Route['privilege'],
): Route => ({
  method: 'GET',
  path,
  privilege,
  parameters: { 'pending?': 'boolean', 'running?': 'boolean', 'type?': 'string' },
  run: (call) => ({ data: data(call) }),
});

export const NETWORK_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/network',
    privilege: ['/nodes/{node}', 'Sys.Audit'],
    parameters: { 'type?': 'string' },
    run: bridges,
  },
  fixed(
    '/cluster/sdn/zones',
    () => [{ zone: ZONE, type: 'simple', ipam: 'pve', dhcp: 'dnsmasq' }],
    AUDIT,
  ),
  fixed('/cluster/sdn/vnets', () => [{ vnet: VNET, zone: ZONE, type: 'vnet' }], AUDIT),
  {
    method: 'GET',
    path: `/cluster/sdn/vnets/${VNET}/subnets`,
    privilege: AUDIT,
    parameters: { 'pending?': 'boolean', 'running?': 'boolean' },
    run: subnets,
  },
  {
    method: 'GET',
    path: '/cluster/sdn/ipams/pve/status',
    privilege: AUDIT,
    parameters: {},
    run: leases,
  },
  {
    method: 'PUT',
    path: `/cluster/sdn/vnets/${VNET}/ips`,
    privilege: ['/sdn/zones/lab', 'SDN.Use|SDN.Allocate'],
    parameters: { zone: 'string', mac: 'string', ip: 'string', 'vmid?': 'integer' },
    run: reserve,
  },
];
