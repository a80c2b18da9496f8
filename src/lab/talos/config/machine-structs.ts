/** talos@1.11–1.14 pkg/machinery/config/types/v1alpha1; syntax: structs.ts. */
export const MACHINE_STRUCTS = `
APIServerConfig image extraArgs=s{} extraVolumes:VolumeMountConfig[] env=s{} certSANs=s[]
  disablePodSecurityPolicy=b admissionControl:AdmissionPluginConfig[] auditPolicy:Unstructured
  resources:LegacyResourcesConfig authorizationConfig:AuthorizationConfigAuthorizerConfig[]
AdminKubeconfigConfig certLifetime
AdmissionPluginConfig name configuration:Unstructured
AuthorizationConfigAuthorizerConfig type name webhook:Unstructured
Bond interfaces=s[] deviceSelectors:NetworkDeviceSelector[] arpIPTarget=s[] mode xmitHashPolicy lacpRate
  adActorSystem arpValidate arpAllTargets primary primaryReselect failOverMac adSelect miimon=n
  updelay=n downdelay=n arpInterval=n resendIgmp=n minLinks=n lpInterval=n packetsPerSlave=n
  numPeerNotif=n tlbDynamicLb=n allSlavesActive=n useCarrier=b adActorSysPrio=n adUserPortKey=n
  peerNotifyDelay=n
Bridge interfaces=s[] stp:STP vlan:BridgeVLAN
BridgePort master
BridgeVLAN vlanFiltering=b
CNIConfig name urls=s[] flannel:FlannelCNIConfig
ClusterConfig id secret controlPlane:ControlPlaneConfig clusterName network:ClusterNetworkConfig token
  aescbcEncryptionSecret secretboxEncryptionSecret ca acceptedCAs=s[] aggregatorCA serviceAccount
  apiServer:APIServerConfig controllerManager:ControllerManagerConfig proxy:ProxyConfig
  scheduler:SchedulerConfig discovery:ClusterDiscoveryConfig etcd:EtcdConfig coreDNS:CoreDNS
  externalCloudProvider:ExternalCloudProviderConfig extraManifests=s[] extraManifestHeaders=s{}
  inlineManifests:ClusterInlineManifest[] adminKubeconfig:AdminKubeconfigConfig
  allowSchedulingOnMasters=b allowSchedulingOnControlPlanes=b
ClusterDiscoveryConfig enabled=b registries:DiscoveryRegistriesConfig
ClusterInlineManifest name contents
ClusterNetworkConfig cni:CNIConfig dnsDomain podSubnets=s[] serviceSubnets=s[]
LegacyConfig version debug=b persist=b machine:MachineConfig cluster:ClusterConfig
ControlPlaneConfig endpoint localAPIServerPort=n
ControllerManagerConfig image extraArgs=s{} extraVolumes:VolumeMountConfig[] env=s{}
  resources:LegacyResourcesConfig
CoreDNS disabled=b image
DHCPOptions routeMetric=n ipv4=b ipv6=b duidv6
Device interface deviceSelector:NetworkDeviceSelector addresses=s[] cidr routes:Route[] bond:Bond
  bridge:Bridge bridgePort:BridgePort vlans:Vlan[] mtu=n dhcp=b ignore=b dummy=b dhcpOptions:DHCPOptions
  wireguard:DeviceWireguardConfig vip:DeviceVIPConfig
DeviceVIPConfig ip equinixMetal:VIPEquinixMetalConfig hcloud:VIPHCloudConfig
DeviceWireguardConfig privateKey listenPort=n firewallMark=n peers:DeviceWireguardPeer[]
DeviceWireguardPeer publicKey endpoint persistentKeepaliveInterval allowedIPs=s[]
DiscoveryRegistriesConfig kubernetes:RegistryKubernetesConfig service:RegistryServiceConfig
DiskPartition size mountpoint
EncryptionConfig provider keys:LegacyEncryptionKey[] cipher keySize=n blockSize=n options=s[]
LegacyEncryptionKey static:LegacyEncryptionKeyStatic nodeID:LegacyEncryptionKeyNodeID
  kms:LegacyEncryptionKeyKMS slot=n tpm:LegacyEncryptionKeyTPM
LegacyEncryptionKeyKMS endpoint
LegacyEncryptionKeyNodeID
LegacyEncryptionKeyStatic passphrase
LegacyEncryptionKeyTPM checkSecurebootStatusOnEnroll=b
EtcdConfig image ca extraArgs=s{} subnet advertisedSubnets=s[] listenSubnets=s[]
ExternalCloudProviderConfig enabled=b manifests=s[]
ExtraHost ip aliases=s[]
ExtraMount destination type source options=s[] uidMappings:LinuxIDMapping[] gidMappings:LinuxIDMapping[]
FeaturesConfig rbac=b stableHostname=b kubernetesTalosAPIAccess:KubernetesTalosAPIAccessConfig
  apidCheckExtKeyUsage=b diskQuotaSupport=b kubePrism:KubePrism hostDNS:LegacyHostDNSConfig
  imageCache:LegacyImageCacheConfig nodeAddressSortAlgorithm
FlannelCNIConfig extraArgs=s[] kubeNetworkPoliciesEnabled=b@13
LegacyHostDNSConfig enabled=b forwardKubeDNSToHost=b resolveMemberNames=b
LegacyImageCacheConfig localEnabled=b
InstallConfig disk diskSelector:InstallDiskSelector extraKernelArgs=s[] image
  extensions:InstallExtensionConfig[] bootloader=b wipe=b legacyBIOSSupport=b grubUseUKICmdline=b@12
InstallDiskSelector size name model serial modalias uuid wwid type busPath
InstallExtensionConfig image
KernelConfig modules:LegacyKernelModuleConfig[]
LegacyKernelModuleConfig name parameters=s[]
KubePrism enabled=b port=n
KubeSpanFilters endpoints=s[] excludeAdvertisedNetworks=s[]@12
LegacyKubeletConfig image clusterDNS=s[] extraArgs=s{} extraMounts:ExtraMount[] extraConfig:Unstructured
  credentialProviderConfig:Unstructured defaultRuntimeSeccompProfileEnabled=b registerWithFQDN=b
  nodeIP:KubeletNodeIPConfig skipNodeRegistration=b disableManifestsDirectory=b
KubeletNodeIPConfig validSubnets=s[]
KubernetesTalosAPIAccessConfig enabled=b allowedRoles=s[] allowedKubernetesNamespaces=s[]
LinuxIDMapping containerID=n hostID=n size=n
LoggingConfig destinations:LoggingDestination[]
LoggingDestination endpoint format extraTags=s{}
MachineConfig type token ca acceptedCAs=s[] certSANs=s[] controlPlane:MachineControlPlaneConfig
  kubelet:LegacyKubeletConfig pods:Unstructured[] network:NetworkConfig disks:MachineDisk[]
  install:InstallConfig files:MachineFile[] env=s{} time:TimeConfig sysctls=s{} sysfs=s{}
  registries:RegistriesConfig systemDiskEncryption:SystemDiskEncryptionConfig features:FeaturesConfig
  udev:UdevConfig logging:LoggingConfig kernel:KernelConfig seccompProfiles:MachineSeccompProfile[]
  baseRuntimeSpecOverrides:Unstructured nodeLabels=s{} nodeAnnotations=s{} nodeTaints=s{}
MachineControlPlaneConfig controllerManager:MachineControllerManagerConfig
  scheduler:MachineSchedulerConfig
MachineControllerManagerConfig disabled=b
MachineDisk device partitions:DiskPartition[]
MachineFile content permissions=n path op
MachineSchedulerConfig disabled=b
MachineSeccompProfile name value:Unstructured
NetworkConfig hostname interfaces:Device[] nameservers=s[] searchDomains=s[]
  extraHostEntries:ExtraHost[] kubespan:NetworkKubeSpan disableSearchDomain=b
NetworkDeviceSelector busPath hardwareAddr permanentAddr pciID driver physical=b
NetworkKubeSpan enabled=b advertiseKubernetesNetworks=b allowDownPeerBypass=b harvestExtraEndpoints=b
  mtu=n filters:KubeSpanFilters
ProxyConfig disabled=b image mode extraArgs=s{}
RegistriesConfig mirrors:LegacyRegistryMirrorConfig{} config:RegistryConfig{}
LegacyRegistryAuthConfig username password auth identityToken
RegistryConfig tls:LegacyRegistryTLSConfig auth:LegacyRegistryAuthConfig
RegistryKubernetesConfig disabled=b
LegacyRegistryMirrorConfig endpoints=s[] overridePath=b skipFallback=b
RegistryServiceConfig disabled=b endpoint
LegacyRegistryTLSConfig clientIdentity ca=n[] insecureSkipVerify=b
LegacyResourcesConfig requests:Unstructured limits:Unstructured
Route network gateway source metric=n mtu=n
STP enabled=b
SchedulerConfig image extraArgs=s{} extraVolumes:VolumeMountConfig[] env=s{}
  resources:LegacyResourcesConfig config:Unstructured
SystemDiskEncryptionConfig state:EncryptionConfig ephemeral:EncryptionConfig
TimeConfig disabled=b servers=s[] bootTimeout
UdevConfig rules=s[]
Unstructured *
VIPEquinixMetalConfig apiToken
VIPHCloudConfig apiToken
Vlan addresses=s[] cidr routes:Route[] dhcp=b vlanId=n mtu=n vip:DeviceVIPConfig dhcpOptions:DHCPOptions
VolumeMountConfig hostPath mountPath readonly=b
`;
