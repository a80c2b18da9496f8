import { isIPv6 } from 'node:net';
import type { YamlValue } from '../go-yaml.js';
import { encode } from '../protos.js';
import { anyObject } from './any-value.js';

type Spec = Readonly<Record<string, YamlValue | undefined>>;

/** Positions are the numbers of Talos' enums. */
const STAGES = [
  'unknown',
  'booting',
  'installing',
  'maintenance',
  'running',
  'rebooting',
  'shutting down',
  'resetting',
  'upgrading',
];
const VOLUME_PHASES = [
  'waiting',
  'failed',
  'missing',
  'located',
  'provisioned',
  'prepared',
  'ready',
  'closed',
];
const VOLUME_TYPES = ['partition', 'disk', 'tmpfs', 'directory', 'symlink', 'overlay', 'external'];
const OPERATIONAL_STATES = [
  'unknown',
  'notPresent',
  'down',
  'lowerLayerDown',
  'testing',
  'dormant',
  'up',
];
const SELINUX_STATES = ['disabled', 'enabled, permissive', 'enabled, enforcing'];
const LINK_ETHER = 1;
const LINK_LOOPBACK = 772;
const FAMILY_INET4 = 2;
const MAIN_TABLE = 254;
const ROUTE_UNICAST = 1;
const PROTOCOL_DHCP = 16;
const PROTOCOL_KERNEL = 2;

const numberIn = (names: readonly string[], name: YamlValue | undefined): number =>
  Math.max(0, names.indexOf(String(name)));

const texts = (value: YamlValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [];

/** Raw bytes of an address; of IPv6 only those that a machine shows of itself. */
export function ipBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const words = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const bytes = Buffer.alloc(16);
  for (const [index, word] of words(head).entries()) bytes.writeUInt16BE(word, index * 2);
  const last = words(tail);
  for (const [index, word] of last.entries()) {
    bytes.writeUInt16BE(word, 16 - (last.length - index) * 2);
  }
  return bytes;
}

const ip = (address: string) => (address === '' ? null : { ip: ipBytes(address) });

function prefix(cidr: string) {
  const [address = '', bits = '0'] = cidr.split('/');
  return address === '' ? null : { ip: ipBytes(address), prefix_length: Number(bits) };
}

const mac = (text: YamlValue | undefined): Buffer =>
  Buffer.from(String(text ?? '').replaceAll(':', ''), 'hex');

type Encode = (spec: Spec) => object;

const as = (name: string, message: Encode) => ({ name: `cosi.specs.${name}`, message });

const same: Encode = (spec) => spec;

/** The types that real talosctl reads in their protobuf form: health, dashboard, completion (talos-wire.md §4). */
const ENCODERS: Readonly<Record<string, { readonly name: string; readonly message: Encode }>> = {
  'MachineStatuses.runtime.talos.dev': as('MachineStatusSpec', ({ stage, status }) => {
    const { ready, unmetConditions } = status as {
      readonly ready: boolean;
      readonly unmetConditions: readonly object[];
    };
    return { stage: numberIn(STAGES, stage), status: { ready, unmet_conditions: unmetConditions } };
  }),
  'Versions.runtime.talos.dev': as('VersionSpec', same),
  'StaticPodStatuses.kubernetes.talos.dev': as('StaticPodStatusSpec', (spec) => ({
    pod_status: anyObject(spec),
  })),
  'SecurityStates.talos.dev': as('SecurityStateSpec', (spec) => ({
    secure_boot: spec.secureBoot,
    se_linux_state: numberIn(SELINUX_STATES, spec.selinuxState),
    booted_with_uki: spec.bootedWithUKI,
    module_signature_enforced: spec.moduleSignatureEnforced,
  })),
  'ResolverStatuses.net.talos.dev': as('ResolverStatusSpec', ({ dnsServers }) => ({
    dns_servers: texts(dnsServers).map(ip),
  })),
  'TimeServerStatuses.net.talos.dev': as('TimeServerStatusSpec', ({ timeServers }) => ({
    ntp_servers: timeServers,
  })),
  'SystemInformations.hardware.talos.dev': as('SystemInformationSpec', (spec) => ({
    manufacturer: spec.manufacturer,
    product_name: spec.productName,
    version: spec.version,
    uuid: spec.uuid,
    wake_up_type: spec.wakeUpType,
  })),
  'Infos.cluster.talos.dev': as('InfoSpec', ({ clusterId, clusterName }) => ({
    cluster_id: clusterId,
    cluster_name: clusterName,
  })),
  'NetworkStatuses.net.talos.dev': as('NetworkStatusSpec', (spec) => ({
    address_ready: spec.addressReady,
    connectivity_ready: spec.connectivityReady,
    hostname_ready: spec.hostnameReady,
    etc_files_ready: spec.etcFilesReady,
  })),
  'HostnameStatuses.net.talos.dev': as('HostnameStatusSpec', same),
  'MetaKeys.runtime.talos.dev': as('MetaKeySpec', same),
  'BootIDs.runtime.talos.dev': as('BootIDSpec', ({ bootID }) => ({ boot_id: bootID })),
  'Diagnostics.runtime.talos.dev': as('DiagnosticSpec', same),
  'NodeAddresses.net.talos.dev': as('NodeAddressSpec', ({ addresses }) => ({
    addresses: texts(addresses).map(prefix),
  })),
  'VolumeStatuses.block.talos.dev': as('VolumeStatusSpec', (spec) => ({
    phase: numberIn(VOLUME_PHASES, spec.phase),
    location: spec.location,
    uuid: spec.uuid,
    partition_uuid: spec.partitionUUID,
    parent_location: spec.parentLocation,
    partition_index: spec.partitionIndex,
    size: spec.size,
    mount_location: spec.mountLocation,
    pretty_size: spec.prettySize,
    type: numberIn(VOLUME_TYPES, spec.type),
    parent_id: spec.parentID,
  })),
  'LinkStatuses.net.talos.dev': as('LinkStatusSpec', (spec) => ({
    index: spec.index,
    type: spec.type === 'loopback' ? LINK_LOOPBACK : LINK_ETHER,
    hardware_addr: mac(spec.hardwareAddr),
    mtu: spec.mtu,
    operational_state: numberIn(OPERATIONAL_STATES, spec.operationalState),
    kind: spec.kind,
    link_state: spec.linkState,
    alt_names: texts(spec.altNames),
  })),
  'RouteStatuses.net.talos.dev': as('RouteStatusSpec', (spec) => ({
    family: FAMILY_INET4,
    destination: prefix(String(spec.dst ?? '')),
    gateway: ip(String(spec.gateway ?? '')),
    out_link_index: spec.outLinkIndex,
    out_link_name: spec.outLinkName,
    table: MAIN_TABLE,
    priority: spec.priority,
    type: ROUTE_UNICAST,
    protocol: spec.protocol === 'dhcp' ? PROTOCOL_DHCP : PROTOCOL_KERNEL,
  })),
  'KubeletSpecs.kubernetes.talos.dev': as('KubeletSpecSpec', (spec) => ({
    image: spec.image,
    args: spec.args,
    expected_nodename: spec.expectedNodename,
  })),
};

const MACHINE_TYPES = ['unknown', 'init', 'controlplane', 'worker'];

/** Types whose spec is a text. */
const TEXT_ENCODERS: Readonly<Record<string, (text: string) => Buffer>> = {
  'MachineTypes.config.talos.dev': (text) =>
    encode('specs.proto', 'cosi.specs.MachineTypeSpec', {
      machine_type: numberIn(MACHINE_TYPES, text),
    }),
  'MachineConfigs.config.talos.dev': (text) =>
    encode('specs.proto', 'cosi.specs.MachineConfigSpec', {
      yaml_marshalled: Buffer.from(text),
    }),
};

export function protoSpecOf(type: string, spec: YamlValue | undefined): Buffer | undefined {
  if (typeof spec === 'string') return TEXT_ENCODERS[type]?.(spec);
  const encoder = ENCODERS[type];
  if (encoder === undefined || spec === undefined) return undefined;
  return encode('specs.proto', encoder.name, encoder.message(spec as Spec));
}
