import type { Key } from './structs.js';

/**
 * Names of Go types, as yaml says them of a value that does not fit: found by giving each field of talosctl 1.12.6 and
 * 1.13.9 values of every kind. `WHOLE=ITEM` names a list of its own. Not listed: string, bool and uint32.
 */
const LEAF_TYPES = `
int Device.mtu DeviceWireguardConfig.listenPort DeviceWireguardConfig.firewallMark LegacyEncryptionKey.slot
  KubePrism.port ControlPlaneConfig.localAPIServerPort BlockEncryptionKey.slot ZswapConfig.maxPoolPercent
  WireguardConfig.listenPort WireguardConfig.firewallMark EncryptionKeyTPMOptions.pcrs
uint8 Bond.numPeerNotif Bond.tlbDynamicLb Bond.allSlavesActive BondConfig.numPeerNotif BondConfig.tlbLogicalLb
  BondConfig.allSlavesActive BondConfig.missedMax
uint16 Bond.adActorSysPrio Bond.adUserPortKey Vlan.vlanId BondConfig.adActorSysPrio BondConfig.adUserPortKey
  VLANConfig.vlanID
uint EncryptionConfig.keySize EncryptionSpec.keySize
uint64 EncryptionConfig.blockSize EncryptionSpec.blockSize
v1alpha1.FileMode MachineFile.permissions
v1alpha1.InstallDiskType InstallDiskSelector.type
time.Duration DeviceWireguardPeer.persistentKeepaliveInterval TimeConfig.bootTimeout
  AdminKubeconfigConfig.certLifetime WatchdogTimer.timeout OOM.sampleInterval TimeSyncConfig.bootTimeout
  WireguardPeer.persistentKeepaliveInterval TCPProbeConfig.interval TCPProbeConfig.timeout
pem MachineConfig.ca LegacyRegistryTLSConfig.clientIdentity ClusterConfig.ca ClusterConfig.aggregatorCA EtcdConfig.ca
[]*x509.PEMEncodedCertificate=pemCertificate MachineConfig.acceptedCAs ClusterConfig.acceptedCAs
pemKey ClusterConfig.serviceAccount
cel.Expression VolumeSelector.match DiskSelector.match LinkSelector.match OOM.triggerExpression
  OOM.cgroupRankingExpression
network.Addr RouteConfig.gateway RouteConfig.source NameserverConfig.address
netip.Addr BondConfig.arpIpTargets BondConfig.nsIp6Targets
netip.Prefix IngressRule.subnet AddressConfig.address
network.Prefix IngressRule.except RouteConfig.destination WireguardPeer.allowedIPs
  RoutingRuleConfig.src RoutingRuleConfig.dst
nethelpers.RoutingRuleAction RoutingRuleConfig.action
netip.AddrPort KubespanEndpointsConfig.extraAnnouncedEndpoints
network.AddrPort WireguardPeer.endpoint
block.ByteSize BlockProvisioningSpec.minSize
block.Size BlockProvisioningSpec.maxSize
network.PortRanges=string RulePortSelector.ports
nethelpers.HardwareAddr=uint8 BondConfig.hardwareAddr BridgeConfig.hardwareAddr DHCPv4Config.duidRaw
  DHCPv6Config.duidRaw DummyLinkConfig.hardwareAddr VRFConfig.hardwareAddr
base64=string LegacyRegistryTLSConfig.ca
nethelpers.ClientIdentifier DHCPv4Config.clientIdentifier DHCPv6Config.clientIdentifier
nethelpers.WOLMode EthernetConfig.wakeOnLan
nethelpers.DefaultAction DefaultActionConfig.ingress
nethelpers.Protocol RulePortSelector.protocol
nethelpers.BondMode BondConfig.bondMode
nethelpers.BondXmitHashPolicy BondConfig.xmitHashPolicy
nethelpers.ARPValidate BondConfig.arpValidate
nethelpers.ARPAllTargets BondConfig.arpAllTargets
nethelpers.LACPRate BondConfig.lacpRate
nethelpers.FailOverMAC BondConfig.failOverMac
nethelpers.ADSelect BondConfig.adSelect
nethelpers.ADLACPActive BondConfig.adLACPActive
nethelpers.PrimaryReselect BondConfig.primaryReselect
nethelpers.RoutingTable RouteConfig.table VRFConfig.table
nethelpers.AutoHostnameKind HostnameConfig.auto
nethelpers.VLANProtocol VLANConfig.vlanMode
block.EncryptionProviderType EncryptionSpec.provider
block.VolumeType UserVolumeConfig.volumeType
block.FilesystemType FilesystemSpec.type
`;

/** Structs by their package; every other one is of v1alpha1, or of what 1.14 has made documents of. */
const PACKAGES: Readonly<Record<string, string>> = {
  network:
    'EthernetRingsConfig EthernetChannelsConfig RulePortSelector IngressRule AddressConfig RouteConfig BridgeSTPConfig BridgeVLANConfig LinkSelector NameserverConfig SearchDomainsConfig NTPConfig PTPConfig WireguardPeer',
  block:
    'VolumeDiscoverySpec VolumeSelector MountSpec BlockProvisioningSpec DiskSelector EncryptionSpec BlockEncryptionKey BlockEncryptionKeyStatic BlockEncryptionKeyNodeID BlockEncryptionKeyKMS BlockEncryptionKeyTPM EncryptionKeyTPMOptions FilesystemSpec',
  cri: 'RegistryEndpoint',
  meta: 'CertificateAndKey',
  extensions: 'ConfigFile',
};

const LISTS: Readonly<Record<string, string>> = {
  Device: 'v1alpha1.NetworkDeviceList',
  Vlan: 'v1alpha1.VlanList',
  AdmissionPluginConfig: 'v1alpha1.AdmissionPluginConfigList',
  AuthorizationConfigAuthorizerConfig: 'v1alpha1.AuthorizationConfigAuthorizerConfigList',
  ConfigFile: 'extensions.ConfigFileList',
  IngressRule: 'network.IngressConfig',
};

const ITEMS: Readonly<Record<string, string>> = {
  Device: 'v1alpha1.Device',
  Vlan: 'v1alpha1.Vlan',
};

const BY_POINTER = new Set(
  'Route DeviceWireguardPeer ExtraHost MachineDisk DiskPartition MachineFile LegacyEncryptionKey LegacyKernelModuleConfig MachineSeccompProfile LegacyRegistryMirrorConfig RegistryConfig'.split(
    ' ',
  ),
);

const PEM: Readonly<Record<string, readonly string[]>> = {
  pem: ['Crt', 'Key'],
  pemCertificate: ['Crt'],
  pemKey: ['Key'],
};

let leaves: ReadonlyMap<string, string> | null = null;

function leafTypes(): ReadonlyMap<string, string> {
  leaves ??= new Map(
    LEAF_TYPES.trim()
      .replaceAll('\n ', ' ')
      .split('\n')
      .flatMap((line) => {
        const [type = '', ...fields] = line.split(/\s+/);
        return fields.map((field) => [field, type] as const);
      }),
  );
  return leaves;
}

const DEFAULTS = { boolean: 'bool', number: 'uint32', other: 'string' } as const;

function structType(struct: string): string {
  const found = Object.entries(PACKAGES).find(([, names]) => names.split(' ').includes(struct));
  const name = struct.replace(/^(?:Legacy|Block)(?=[A-Z])/, '');
  return ITEMS[struct] ?? `${found?.[0] ?? 'v1alpha1'}.${name}`;
}

const listed = (key: Key): string => leafTypes().get(`${key.owner}.${key.name}`) ?? '';

/** The fields of certificates and keys that Talos reads without a type of its own; null = it is none. */
export const pemFieldsOf = (key: Key): readonly string[] | null =>
  PEM[listed(key).split('=').at(-1) ?? '']?.map((field) => field.toLowerCase()) ?? null;

/** Of one value, or of one item of a list or a map. */
export function itemTypeOf(key: Key, minor: number): string {
  if (key.struct === 'Unstructured' && minor >= 14) return 'meta.Unstructured';
  if (key.struct !== null) return structType(key.struct);
  const type = listed(key).split('=').at(-1) || DEFAULTS[key.leaf];
  const fields = PEM[type]?.map((field) => `${field} string "yaml:\\"${field.toLowerCase()}\\""`);
  return fields === undefined ? type : `struct { ${fields.join('; ')} }`;
}

/** One text or several for each flag. */
export const isArgs = (key: Key, minor: number): boolean =>
  minor >= 13 && key.name === 'extraArgs' && key.wrap === 'map';

export function wholeTypeOf(key: Key, minor: number): string {
  if (isArgs(key, minor)) return minor >= 14 ? 'meta.Args' : 'v1alpha1.Args';
  const [whole = '', item] = listed(key).split('=');
  if (item !== undefined) return whole === 'base64' ? item : whole;
  if (key.wrap === 'list' && LISTS[key.struct ?? ''] !== undefined) {
    return LISTS[key.struct ?? ''] ?? '';
  }
  const pointer = BY_POINTER.has(key.struct ?? '') ? '*' : '';
  if (key.wrap === null) return itemTypeOf(key, minor);
  return `${key.wrap === 'list' ? '[]' : 'map[string]'}${pointer}${itemTypeOf(key, minor)}`;
}

/** Lists that take a text, too: hardware addresses, base64. */
export const takesText = (key: Key): boolean =>
  ['base64', 'nethelpers.HardwareAddr'].includes(listed(key).split('=')[0] ?? '');

/** Texts to Talos, structs without fields to yaml: a map there is nothing but unknown keys. */
export const isOpaque = (type: string): boolean =>
  /^(?:netip\.\w+|network\.(?:Addr|Prefix|AddrPort)|cel\.Expression|block\.(?:ByteSize|Size))$/.test(
    type,
  );

const TEXT =
  /^(?:nethelpers\.\w+|block\.(?:ByteSize|Size|EncryptionProviderType|VolumeType|FilesystemType)|cel\.Expression|netip\.\w+|network\.(?:Addr|Prefix|AddrPort))$/;
const TEXT_BY_POINTER =
  /\.(?:VolumeType|Bond\w+|ARP\w+|LACPRate|FailOverMAC|AD\w+|PrimaryReselect|ClientIdentifier|AutoHostnameKind|VLANProtocol)$/;

/** rc.4 of yaml v4, which 1.13 has, tells types that read their own text from others. */
export const readerOf = (type: string, minor: number): string =>
  minor >= 13 && TEXT.test(type)
    ? `${TEXT_BY_POINTER.test(type) ? '*' : ''}${type} (TextUnmarshaler)`
    : type;
