/** Kind of a document, the first minor that knows it, and its struct with the package of that. */
export const DOCUMENT_KINDS = `
EthernetConfig network.EthernetConfig
EventSinkConfig runtime.EventSink
ExistingVolumeConfig block.ExistingVolumeConfig
ExtensionServiceConfig extensions.ServiceConfig
KmsgLogConfig runtime.KmsgLog
KubeSpanEndpointsConfig network.KubespanEndpointsConfig
NetworkDefaultActionConfig network.DefaultActionConfig
NetworkRuleConfig network.RuleConfig
PCIDriverRebindConfig hardware.PCIDriverRebindConfig
RawVolumeConfig block.RawVolumeConfig
SideroLinkConfig siderolink.SiderolinkConfig
SwapVolumeConfig block.SwapVolumeConfig
TrustedRootsConfig security.TrustedRootsConfig
UserVolumeConfig block.UserVolumeConfig
VolumeConfig block.VolumeConfig
WatchdogTimerConfig runtime.WatchdogTimer
ZswapConfig block.ZswapConfig
v1alpha1 v1alpha1.LegacyConfig
BondConfig@12 network.BondConfig
BridgeConfig@12 network.BridgeConfig
DHCPv4Config@12 network.DHCPv4Config
DHCPv6Config@12 network.DHCPv6Config
DummyLinkConfig@12 network.DummyLinkConfig
HCloudVIPConfig@12 network.HCloudVIPConfig
HostnameConfig@12 network.HostnameConfig
Layer2VIPConfig@12 network.Layer2VIPConfig
LinkAliasConfig@12 network.LinkAliasConfig
LinkConfig@12 network.LinkConfig
OOMConfig@12 runtime.OOM
RegistryAuthConfig@12 cri.CriRegistryAuthConfig
RegistryMirrorConfig@12 cri.CriRegistryMirrorConfig
RegistryTLSConfig@12 cri.CriRegistryTLSConfig
ResolverConfig@12 network.ResolverConfig
StaticHostConfig@12 network.StaticHostConfig
TimeSyncConfig@12 network.TimeSyncConfig
VLANConfig@12 network.VLANConfig
WireguardConfig@12 network.WireguardConfig
BlackholeRouteConfig@13 network.BlackholeRouteConfig
EnvironmentConfig@13 runtime.Environment
ExternalVolumeConfig@13 block.ExternalVolumeConfig
ImageVerificationConfig@13 security.ImageVerificationConfig
KubeSpanConfig@13 network.KubeSpanConfig
RoutingRuleConfig@13 network.RoutingRuleConfig
TCPProbeConfig@13 network.TCPProbeConfig
VRFConfig@13 network.VRFConfig
BGPInstanceConfig@14 network.BGPInstanceConfig
CRIBaseRuntimeSpecConfig@14 cri.CRIBaseRuntimeSpecConfig
CRICustomizationConfig@14 cri.CRICustomizationConfig
ContainerConfig@14 container.ContainerConfig
DiscoveryIdentityConfig@14 cluster.DiscoveryIdentityConfig
DiscoveryServiceConfig@14 cluster.DiscoveryServiceConfig
EtcFileConfig@14 runtime.EtcFileConfig
FilesystemScrubConfig@14 block.FilesystemScrubConfig
FilesystemTrimConfig@14 block.FilesystemTrimConfig
HTTPProbeConfig@14 network.HTTPProbeConfig
ImageCacheConfig@14 cri.CriImageCacheConfig
KernelModuleConfig@14 runtime.RuntimeKernelModuleConfig
KubeAPIServerCAConfig@14 k8s.KubeAPIServerCAConfig
KubeAPIServerConfig@14 k8s.KubeAPIServerConfig
KubeAdmissionControlConfig@14 k8s.KubeAdmissionControlConfig
KubeAggregatorCAConfig@14 k8s.KubeAggregatorCAConfig
KubeAuditPolicyConfig@14 k8s.KubeAuditPolicyConfig
KubeAuthenticationConfig@14 k8s.KubeAuthenticationConfig
KubeAuthorizerConfig@14 k8s.KubeAuthorizerConfig
KubeClusterConfig@14 k8s.KubeClusterConfig
KubeControllerManagerConfig@14 k8s.KubeControllerManagerConfig
KubeCoreDNSConfig@14 k8s.KubeCoreDNSConfig
KubeCredentialProviderConfig@14 k8s.KubeCredentialProviderConfig
KubeEtcdEncryptionConfig@14 k8s.KubeEtcdEncryptionConfig
KubeExternalManifestConfig@14 k8s.KubeExternalManifestConfig
KubeFlannelCNIConfig@14 k8s.KubeFlannelCNIConfig
KubeInlineManifestConfig@14 k8s.KubeInlineManifestConfig
KubeNetworkConfig@14 k8s.KubeNetworkConfig
KubeNodeConfig@14 k8s.KubeNodeConfig
KubePrismConfig@14 k8s.KubePrismConfig
KubeProxyConfig@14 k8s.KubeProxyConfig
KubeSchedulerConfig@14 k8s.KubeSchedulerConfig
KubeServiceAccountConfig@14 k8s.KubeServiceAccountConfig
KubeStaticPodConfig@14 k8s.KubeStaticPodConfig
KubeTalosAPIAccessConfig@14 k8s.KubeTalosAPIAccessConfig
KubeletConfig@14 k8s.K8sKubeletConfig
LVMLogicalVolumeConfig@14 storage.LVMLogicalVolumeConfig
LVMVolumeGroupConfig@14 storage.LVMVolumeGroupConfig
RAIDArrayConfig@14 storage.RAIDArrayConfig
SecurityProfileConfig@14 runtime.SecurityProfileConfig
SysctlConfig@14 runtime.SysctlConfig
SysfsConfig@14 runtime.SysfsConfig
UdevRulesConfig@14 runtime.UdevRulesConfig
UnattendedInstallConfig@14 runtime.UnattendedInstallConfig
VethConfig@14 network.VethConfig
`;

/** talos@1.11–1.14 pkg/machinery/config/types; syntax: structs.ts. */
export const DOCUMENT_STRUCTS = `
DiskSelector match
BlockEncryptionKey slot=n static:BlockEncryptionKeyStatic nodeID:BlockEncryptionKeyNodeID
  kms:BlockEncryptionKeyKMS tpm:BlockEncryptionKeyTPM lockToState=b
BlockEncryptionKeyKMS endpoint
BlockEncryptionKeyNodeID
BlockEncryptionKeyStatic passphrase
BlockEncryptionKeyTPM options:EncryptionKeyTPMOptions@12 checkSecurebootStatusOnEnroll=b
EncryptionSpec provider keys:BlockEncryptionKey[] cipher keySize=n blockSize=n options=s[]
  allowDiscards=b@14
ExistingVolumeConfig apiVersion kind name discovery:VolumeDiscoverySpec mount:ExistingMountSpec@13
  trim:TrimConfig@14 scrub:ScrubConfig@14 mount:MountSpec<13
FilesystemSpec type projectQuotaSupport=b xfs:XFSSpec@14
MountSpec secure=b@13 disableAccessTime=b@14 readOnly=b<13
BlockProvisioningSpec diskSelector:DiskSelector grow=b minSize maxSize
RawVolumeConfig apiVersion kind name provisioning:BlockProvisioningSpec encryption:EncryptionSpec
SwapVolumeConfig apiVersion kind name provisioning:BlockProvisioningSpec encryption:EncryptionSpec
UserVolumeConfig apiVersion kind name volumeType@12 provisioning:BlockProvisioningSpec
  filesystem:FilesystemSpec encryption:EncryptionSpec mount:UserMountSpec@13 trim:TrimConfig@14
  scrub:ScrubConfig@14
VolumeConfig apiVersion kind name provisioning:BlockProvisioningSpec
  filesystem:SystemVolumeFilesystemSpec@14 encryption:EncryptionSpec mount:MountSpec@13
  trim:TrimConfig@14 scrub:ScrubConfig@14
VolumeDiscoverySpec volumeSelector:VolumeSelector
VolumeSelector match
ZswapConfig apiVersion kind maxPoolPercent=n shrinkerEnabled=b
ConfigFile content mountPath
ServiceConfig apiVersion kind name configFiles:ConfigFile[] environment=s[]
PCIDriverRebindConfig apiVersion kind name targetDriver
DefaultActionConfig apiVersion kind ingress
EthernetChannelsConfig rx=n tx=n other=n combined=n
EthernetConfig apiVersion kind name features=b{} rings:EthernetRingsConfig
  channels:EthernetChannelsConfig wakeOnLan=s[]@12
EthernetRingsConfig rx=n tx=n rx-mini=n rx-jumbo=n rx-buf-len=n cqe-size=n tx-push=b rx-push=b
  tx-push-buf-len=n tcp-data-split=b
IngressRule subnet except
KubespanEndpointsConfig apiVersion kind extraAnnouncedEndpoints=s[]
RuleConfig apiVersion kind name portSelector:RulePortSelector ingress:IngressRule[]
RulePortSelector ports=s[] protocol
EventSink apiVersion kind endpoint
KmsgLog apiVersion kind name url
WatchdogTimer apiVersion kind device timeout
TrustedRootsConfig apiVersion kind name certificates
SiderolinkConfig apiVersion kind apiUrl uniqueToken
EncryptionKeyTPMOptions pcrs=n[]
CriRegistryAuthConfig apiVersion kind name username password auth identityToken
RegistryEndpoint url overridePath=b
CriRegistryMirrorConfig apiVersion kind name endpoints:RegistryEndpoint[] skipFallback=b
CriRegistryTLSConfig apiVersion kind name clientIdentity:CertificateAndKey ca insecureSkipVerify=b
CertificateAndKey cert key
AddressConfig address routePriority=n
BondConfig apiVersion kind name hardwareAddr=n[] links=s[] bondMode miimon=n updelay=n downdelay=n
  useCarrier=b xmitHashPolicy arpInterval=n arpIpTargets=s[] nsIp6Targets=s[] arpValidate arpAllTargets
  lacpRate failOverMac adSelect adActorSysPrio=n adUserPortKey=n adLACPActive primaryReselect
  resendIGMP=n minLinks=n lpInterval=n packetsPerSlave=n numPeerNotif=n tlbLogicalLb=n allSlavesActive=n
  peerNotifDelay=n missedMax=n up=b mtu=n addresses:AddressConfig[] routes:RouteConfig[] multicast=b
BridgeConfig apiVersion kind name hardwareAddr=n[] links=s[] stp:BridgeSTPConfig vlan:BridgeVLANConfig
  up=b mtu=n addresses:AddressConfig[] routes:RouteConfig[] multicast=b
BridgeSTPConfig enabled=b
BridgeVLANConfig filtering=b
DHCPv4Config apiVersion kind name routeMetric=n ignoreHostname=b ignoreRoutes=b@14 clientIdentifier
  duidRaw=n[]
DHCPv6Config apiVersion kind name routeMetric=n ignoreHostname=b clientIdentifier duidRaw=n[]
DummyLinkConfig apiVersion kind name hardwareAddr=n[] up=b mtu=n addresses:AddressConfig[]
  routes:RouteConfig[] multicast=b
HCloudVIPConfig apiVersion kind name link apiToken
HostnameConfig apiVersion kind auto hostname
Layer2VIPConfig apiVersion kind name link
LinkAliasConfig apiVersion kind name selector:LinkSelector
LinkConfig apiVersion kind name up=b mtu=n addresses:AddressConfig[] routes:RouteConfig[] multicast=b
LinkSelector match
NTPConfig servers=s[] useNTS=b@14
NameserverConfig address protocol@14 tlsServerName@14
PTPConfig devices=s[]
ResolverConfig apiVersion kind nameservers:NameserverConfig[] searchDomains:SearchDomainsConfig
  hostDNS:NetworkHostDNSConfig@14
RouteConfig destination gateway source metric=n mtu=n table
SearchDomainsConfig domains=s[] disableDefault=b
StaticHostConfig apiVersion kind name hostnames=s[]
TimeSyncConfig apiVersion kind enabled=b bootTimeout ntp:NTPConfig ptp:PTPConfig
VLANConfig apiVersion kind name vlanID=n vlanMode parent up=b mtu=n addresses:AddressConfig[]
  routes:RouteConfig[] multicast=b
WireguardConfig apiVersion kind name privateKey listenPort=n firewallMark=n peers:WireguardPeer[] up=b
  mtu=n addresses:AddressConfig[] routes:RouteConfig[] multicast=b
WireguardPeer publicKey presharedKey endpoint persistentKeepaliveInterval allowedIPs=s[]
OOM apiVersion kind triggerExpression cgroupRankingExpression strictCgroupClassOrdering=b@13
  sampleInterval
ExistingMountSpec readOnly=b disableAccessTime=b secure=b
ExternalMountSpec readOnly=b disableAccessTime=b secure=b virtiofs:VirtiofsMountSpec
ExternalVolumeConfig apiVersion kind name filesystemType mount:ExternalMountSpec
UserMountSpec disableAccessTime=b secure=b
VirtiofsMountSpec tag
BlackholeRouteConfig apiVersion kind name metric=n
KubeSpanConfig apiVersion kind enabled=b advertiseKubernetesNetworks=b allowDownPeerBypass=b
  harvestExtraEndpoints=b mtu=n filters:KubeSpanFiltersConfig
KubeSpanFiltersConfig endpoints=s[] excludeAdvertisedNetworks=s[]
RoutingRuleConfig apiVersion kind name src dst table action iifName oifName fwMark=n fwMask=n
TCPProbeConfig apiVersion kind name interval failureThreshold=n endpoint timeout
VRFConfig apiVersion kind name hardwareAddr=n[] links=s[] table up=b mtu=n addresses:AddressConfig[]
  routes:RouteConfig[] multicast=b
Environment apiVersion kind variables=s{}
ImageKeylessVerifier issuer subject subjectRegex
ImagePublicKeyVerifier certificate
ImageVerificationConfig apiVersion kind rules:ImageVerificationRule[]
ImageVerificationRule image skip=b deny=b keyless:ImageKeylessVerifier publicKey:ImagePublicKeyVerifier
FilesystemScrubConfig apiVersion kind interval
FilesystemTrimConfig apiVersion kind interval
ScrubConfig enabled=b interval
SystemVolumeFilesystemSpec xfs:XFSSpec
TrimConfig enabled=b interval
XFSSpec minAllocationGroupSize
DiscoveryIdentityConfig apiVersion kind clusterID clusterSecret
DiscoveryServiceConfig apiVersion kind name endpoint
ContainerCapabilities add=s[] drop=s[]
ContainerConfig apiVersion kind name image entrypoint=s[] args=s[] workingDir runAs:ContainerRunAs
  environment=s[] mounts:ContainerMount[] security:ContainerSecurity network:ContainerNetwork
  resources:ContainerResources dependsOn:ContainerDependsOn
ContainerDependsOn paths=s[] networks=s[] time=b containers=s[]
ContainerMount userVolume:UserVolumeMount tmpfs:TmpfsMount hostPath:HostPathMount
ContainerNetwork mode
ContainerResourceLimits cpu memory
ContainerResources limits:ContainerResourceLimits
ContainerRunAs uid=n gid=n
ContainerSecurity profile capabilities:ContainerCapabilities machinedAccess=b
HostPathMount source destination options=s[]
TmpfsMount destination size options=s[]
UserVolumeMount name destination options=s[]
CRIBaseRuntimeSpecConfig apiVersion kind overrides:Unstructured
CRICustomizationConfig apiVersion kind name content
CriImageCacheConfig apiVersion kind local:LocalImageCacheConfig
LocalImageCacheConfig enabled=b
AcceptedServiceAccountConfig publicKeys=s[] issuers=s[] audiences=s[]
IssuerServiceAccountConfig privateKey issuerURL
KubeAPIServerCAConfig apiVersion kind issuingCA:CertificateAndKey acceptedCAs=s[]
KubeAPIServerConfig apiVersion kind image extraArgs=s{} env=s{} resources:K8sResourcesConfig apiPort=n
  certExtraSANs=s[] startupProbes=b
KubeAdmissionControlConfig apiVersion kind name configuration:Unstructured
KubeAggregatorCAConfig apiVersion kind issuingCA:CertificateAndKey acceptedCAs=s[]
KubeAuditPolicyConfig apiVersion kind configuration:Unstructured
KubeAuthenticationConfig apiVersion kind configuration:Unstructured
KubeAuthorizerConfig apiVersion kind name type webhook:Unstructured
KubeClusterConfig apiVersion kind clusterName endpoint
KubeControllerManagerConfig apiVersion kind enabled=b image extraArgs=s{} env=s{}
  resources:K8sResourcesConfig
KubeCoreDNSConfig apiVersion kind enabled=b image
KubeCredentialProviderConfig apiVersion kind configuration:Unstructured
KubeEtcdEncryptionConfig apiVersion kind config:Unstructured
KubeExternalManifestConfig apiVersion kind name headers=s{} url
KubeFlannelCNIConfig apiVersion kind backendType backendPort=n backendMTU=n
  backendExtraConfig:Unstructured resources:K8sResourcesConfig extraArgs=s[]
  kubeNetworkPoliciesEnabled=b
KubeInlineManifestConfig apiVersion kind name manifest
KubeNetworkConfig apiVersion kind dnsDomain podSubnets=s[] serviceSubnets=s[] nodeCIDRMaskSizeIPv4=n
  nodeCIDRMaskSizeIPv6=n
KubeNodeConfig apiVersion kind skipNodeRegistration=b registerWithFQDN=b nodeIP:NodeIPConfig labels=s{}
  annotations=s{} taints=s{}
KubePrismConfig apiVersion kind port=n tlsServerName
KubeProxyConfig apiVersion kind enabled=b image mode config:Unstructured extraArgs=s{}
  resources:K8sResourcesConfig
KubeSchedulerConfig apiVersion kind enabled=b image config:Unstructured extraArgs=s{} env=s{}
  resources:K8sResourcesConfig
KubeServiceAccountConfig apiVersion kind issuer:IssuerServiceAccountConfig
  accepted:AcceptedServiceAccountConfig
KubeStaticPodConfig apiVersion kind name pod:Unstructured
KubeTalosAPIAccessConfig apiVersion kind allowedRoles=s[] allowedKubernetesNamespaces=s[]
K8sKubeletConfig apiVersion kind image config:Unstructured extraArgs=s{} clusterDNS=s[]
  defaultRuntimeSeccompProfileEnabled=b
NodeIPConfig validSubnets=s[]
K8sResourcesConfig requests:Unstructured limits:Unstructured
BGPBFDConfig transmitInterval receiveInterval detectMultiplier=n
BGPImportRoute bgpInstance prefixes=s[]
BGPInstanceConfig apiVersion kind name vrf localASN=n routerID routeSource advertise=s[] multipath=b
  maxPaths=n installRoutes=b importRoutes:BGPImportRoute[] neighbors:BGPNeighborConfig[]
BGPNeighborConfig address link peerASN=n localASN=n passive=b holdTime bfd:BGPBFDConfig
HTTPProbeConfig apiVersion kind name interval failureThreshold=n url timeout
NetworkHostDNSConfig enabled=b forwardKubeDNSToHost=b resolveMemberNames=b
VethConfig apiVersion kind name peer:VethPeerConfig up=b mtu=n addresses:AddressConfig[]
  routes:RouteConfig[] multicast=b
VethPeerConfig name up=b mtu=n addresses:AddressConfig[] routes:RouteConfig[] multicast=b
DiskSelectorSpec match
EtcFileConfig apiVersion kind name mode=n contents
InstallerSpec image
RuntimeKernelModuleConfig apiVersion kind name parameters=s[]
RuntimeProvisioningSpec diskSelector:DiskSelectorSpec wipe=b
SecurityProfileConfig apiVersion kind workloadIsolation=b
SysctlConfig apiVersion kind params=s{}
SysfsConfig apiVersion kind params=s{}
UdevRulesConfig apiVersion kind rules=s[]
UnattendedInstallConfig apiVersion kind reboot=b installer:InstallerSpec
  provisioning:RuntimeProvisioningSpec
LVMLogicalVolumeConfig apiVersion kind name type mirrors=n stripes=n
  provisioning:LVMLogicalVolumeProvisioningSpec
LVMLogicalVolumeProvisioningSpec volumeGroup minSize maxSize
LVMVolumeGroupConfig apiVersion kind name provisioning:StorageProvisioningSpec
LVMVolumeSelectorSpec match
StorageProvisioningSpec volumeSelector:LVMVolumeSelectorSpec
RAIDArrayConfig apiVersion kind name level metadata provisioning:RAIDProvisioningSpec
RAIDProvisioningSpec volumeSelector:RAIDVolumeSelector
RAIDVolumeSelector match
`;
