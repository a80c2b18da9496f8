/**
 * Every type that a Talos node registers: type without `.talos.dev` | default namespace | flags | explicit aliases |
 * columns. Flags: `+13` since 1.13, `-14` gone from 1.14, `S` sensitive, `S13` sensitive since 1.13, `plain` without
 * automatic aliases. A column may carry the minor that brought it. As 1.12.6, 1.13.9 and 1.14.1 list them
 * (talos: internal/app/machined/pkg/runtime/v1alpha2/v1alpha2_state.go).
 */
export const REGISTERED_TYPES = `
APIServerConfigs.kubernetes|controlplane|S13
APIServiceConfigs.runtime|runtime|+13
AcquireConfigSpecs.v1alpha1|runtime
AcquireConfigStatuses.v1alpha1|runtime
AddressSpecs.net|network
AddressStatuses.net|network||address,addresses|Address=.address;Link=.linkName
AdjtimeStatuses.v1alpha1|runtime|||Offset=.offset;EstError=.estError;MaxError=.maxError;Status=.status;Sync=.syncStatus
AdmissionControlConfigs.kubernetes|controlplane
Affiliates.cluster|cluster|||Hostname=.hostname;Machine Type=.machineType;Addresses=.addresses
ApiCertificates.secrets|secrets|S
AuditPolicyConfigs.kubernetes|controlplane|S
AuthenticationConfigs.kubernetes|controlplane|+14 S
AuthorizationConfigs.kubernetes|controlplane|S13
BGPInstanceConfigs.net|network|+14||Local ASN=.localASN;Router ID=.routerID;VRF=.vrf;Neighbors=.neighbors
BGPPeerStatuses.net|network|+14||Instance=.instance;Peer=.peer;Peer AS=.peerASN;State=.state;Since=.since;Received=.received
BaseRuntimeSpecConfigs.cri|cri|+14
BlockDevices.block|runtime|||Type=.type;PartitionName=.partitionName;Generation=.generation
BlockSymlinks.block|runtime
BootIDs.runtime|runtime|+14||Boot ID=.bootID
BootedEntries|runtime|||Booted Entry=.bootedEntry
BootstrapManifestsConfigs.kubernetes|controlplane
CPUCores.hardware|hardware|+14|cpucore,cpucores|Socket=.socket;Core=.coreID;Model=.modelName;Logical CPUs=.logicalCPUs
CPUStats.perf|perf|||User=.cpuTotal.user;System=.cpuTotal.system
CertSANs.secrets|secrets|S
ConfigStatuses.kubernetes|controlplane|||Ready=.ready;Secrets Version=.version
ContainerImageStatuses.containers|containers|+14|containerimagestatus,containerimagestatuses|Phase=.phase;Digest=.digest
ContainerInstanceSpecs.containers|containers|+14|containerinstancespec,containerinstancespecs|Container=.containerID;Generation=.generation;Image=.image
ContainerInstanceStatuses.containers|containers|+14|containerinstancestatus,containerinstancestatuses|Container=.containerID;Phase=.phase;PID=.pid;Exit Code=.exitCode
ContainerLifecycles.containers|containers|+14|containerlifecycle,containerlifecycles
ContainerMountStatuses.containers|containers|+14|containermountstatus,containermountstatuses|Ready=.ready;Error=.error
ContainerSpecs.containers|containers|+14|containerspec,containerspecs|Image=.image.ref
ControllerManagerConfigs.kubernetes|controlplane
CustomizationConfigs.cri|cri|+14 S
DNSResolveCaches.net|network|||Status=.status
DNSUpstreams.net|network|||Healthy=.healthy;Address=.addr
DeviceConfigSpecs.net|network|S
DevicesStatuses.runtime|runtime|||Ready=.ready
Diagnostics.runtime|runtime|||Message=.message
DiscoveredVolumes.block|runtime|||Type=.type;Size=.pretty_size;Discovered=.name;Label=.label;PartitionLabel=.partition_label
DiscoveryConfigs.cluster|config|S
DiscoveryRefreshRequests.block|runtime|||Request=.request
DiscoveryRefreshStatuses.block|runtime|||Request=.request
Disks.block|runtime|||Size=.pretty_size;Read Only=.readonly;Transport=.transport;Rotational=.rotational;WWID=.wwid;Model=.model;Serial=.serial
EncryptionSalts.secrets|secrets|S
Endpoints.kubernetes|controlplane|||Addresses=.addresses;Hosts=.hosts
Environments.runtime|runtime|+13|env|Variables=.variables
EtcFileSpecs.files|files|S13
EtcFileStatuses.files|files
EtcdConfigs.etcd|etcd|||Image=.image
EtcdEncryptionConfigs.kubernetes|k8s|+14 S
EtcdMembers.etcd|etcd|||Member ID=.memberID
EtcdRootSecrets.secrets|secrets|S
EtcdSecrets.secrets|secrets|S
EtcdSpecs.etcd|etcd|||Name=.name;AdvertisedAddresses=.advertisedAddresses;ListenPeerAddresses=.listenPeerAddresses;ListenClientAddresses=.listenClientAddresses
EthernetSpecs.net|network
EthernetStatuses.net|network||ethtool|Link=.linkState;Speed=.speedMbit
EventSinkConfigs.runtime|runtime
ExtensionServiceConfigStatuses.runtime|runtime
ExtensionServiceConfigs.runtime|runtime|S13
ExtensionStatuses.runtime|runtime||extensions|Name=.metadata.name;Version=.metadata.version
ExtraManifestsConfigs.kubernetes|controlplane
FSScrubSchedules.block|runtime|+14||Filesystem=.filesystem;Interval=.interval;Next Scrub=.nextScrub
FSScrubStatuses.block|runtime|+14||Mountpoint=.mountpoint;Interval=.interval;Latest start time=.time;Latest run duration=.duration;Latest status=.status
HardwareAddresses.net|network
HostDNSConfigs.net|network|||Enabled=.enabled
HostnameSpecs.net|network
HostnameStatuses.net|network||hostname|Hostname=.hostname;Domainname=.domainname
Identities.cluster|cluster|||ID=.nodeId
ImageCacheConfigs.cri|cri|||Status=.status;CopyStatus=.copyStatus;Roots=.roots
ImageFactorySchematics.runtime|runtime|+14||Schematic ID=.schematicId;Flavor=.flavor;API URL=.apiUrl
ImageVerificationRules.security|security|+13||Pattern=.imagePattern;Skip=.skip;Deny=.deny
Infos.cluster|cluster|||Cluster ID=.clusterId;Cluster Name=.clusterName
KernelCmdlines.runtime|runtime||cmdline|Cmdline=.cmdline
KernelModuleSpecs.runtime|runtime
KernelModuleStatuses.runtime|runtime|+14|module,modules|Type=.type;State=.state
KernelParamDefaultSpecs.runtime|runtime
KernelParamSpecs.runtime|runtime
KernelParamStatuses.runtime|runtime||sysctls,kernelparameters,kernelparams|Current=.current;Default=.default;Unsupported=.unsupported
KmsgLogConfigs.runtime|runtime
KubePrismConfigs.kubernetes|k8s|||Host=.host;Port=.port;Endpoints=.endpoints
KubePrismEndpoints.kubernetes|k8s|||Hosts=.endpoints[*].host;Ports=.endpoints[*].port
KubePrismStatuses.kubernetes|k8s|||HOST=.host;HEALTHY=.healthy
KubeSpanConfigs.kubespan|config|S
KubeSpanEndpoints.kubespan|kubespan|||Endpoint=.endpoint;Affiliate ID=.affiliateID
KubeSpanIdentities.kubespan|kubespan|S||Address=.address;PublicKey=.publicKey
KubeSpanPeerSpecs.kubespan|kubespan|||Label=.label;Endpoints=.endpoints
KubeSpanPeerStatuses.kubespan|kubespan|||Label=.label;Endpoint=.endpoint;State=.state;Rx=.receiveBytes;Tx=.transmitBytes
KubeletConfigs.kubernetes|k8s|S13
KubeletKubeconfigs.kubernetes|k8s|+13||Hash=.hash
KubeletLifecycles.kubernetes|k8s
KubeletSecrets.secrets|secrets|S
KubeletSpecs.kubernetes|k8s|S13
KubeletStatuses.kubernetes|k8s|+14||Image=.image
KubernetesAccessConfigs.cluster|config
KubernetesDynamicCerts.secrets|secrets|S
KubernetesRootSecrets.secrets|secrets|S
KubernetesSecrets.secrets|secrets|S
LVMLogicalVolumeSpecs.storage|storage|+14||VG=.vgName;Name=.name;Type=.type
LVMLogicalVolumeStatuses.storage|storage|+14|lvs|Path=.path;VG=.vgName;Layout=.layout;Size=.prettySize;Active=.active
LVMPhysicalVolumeSpecs.storage|storage|+14||Device=.device;VG=.vgName
LVMPhysicalVolumeStatuses.storage|storage|+14|pvs|Device=.device;VG=.vgName;Size=.prettySize;Free=.prettyFree;Allocatable=.allocatable
LVMRefreshRequests.storage|storage|+14||Request=.request
LVMValidationErrors.storage|storage|+14||VG=.vgName;Message=.message
LVMVolumeGroupSpecs.storage|storage|+14||Name=.name
LVMVolumeGroupStatuses.storage|storage|+14|vgs|Name=.name;Permissions=.permissions;Size=.prettySize;Free=.prettyFree;PVs=.pvCount;LVs=.lvCount
LinkAliasSpecs.net|network|||Alias=.alias
LinkRefreshes.net|network
LinkSpecs.net|network|S
LinkStatuses.net|network||link,links|Alias=.alias;Type=.type;Kind=.kind;Hw Addr=.hardwareAddr;Oper State=.operationalState;Link State=.linkState
LoadedKernelModules.runtime|runtime|-14|module,modules|State=.state
MDArraySpecs.storage|storage|+14||Level=.level
MDArrayStatuses.storage|storage|+14||Level=.level;Status=.status;Sync=.syncAction;Device=.device
MDRefreshRequests.storage|storage|+14||Request=.request
MachineConfigs.config|config|S
MachineResetSignals.runtime|runtime
MachineStatuses.runtime|runtime|||Stage=.stage;Ready=.status.ready
MachineTypes.config|config|||Type=@
MaintenanceRootSecrets.secrets|secrets|S
MaintenanceServiceCertificates.secrets|secrets|-13 S
MaintenanceServiceConfigs.runtime|runtime
MaintenanceServiceRequests.runtime|runtime
ManifestStatuses.kubernetes|controlplane
Manifests.kubernetes|controlplane
Members.cluster|cluster|||Hostname=.hostname;Machine Type=.machineType;OS=.operatingSystem;Addresses=.addresses
MemoryModules.hardware|hardware||memorymodules,ram|Manufacturer=.manufacturer;Model=.productName;SizeMiB=.sizeMiB
MemoryStats.perf|perf|||Used=.used;Total=.total
MetaKeys.runtime|runtime||meta|Value=.value
MetaLoads.runtime|runtime|||Done=.done
MountRequests.block|runtime|||Volume=.volumeID;Parent=.parentID;Requesters=.requesters
MountStatuses.block|runtime|||Source=.source;Target=.target;Filesystem=.filesystem;Volume=.spec.volumeID
MountStatuses.runtime|runtime|plain|mounts|Source=.source;Target=.target;Filesystem Type=.filesystemType
NTPStatuses.v1alpha1|runtime|+14||Spike Detected=.spikeDetected;Consecutive Spikes=.consecutiveSpikes
NetworkStatuses.net|network||netstatus,netstatuses|Address=.addressReady;Connectivity=.connectivityReady;Hostname=.hostnameReady;Etc=.etcFilesReady
NfTablesChains.net|network||chain,chains|Type=.type;Hook=.hook;Priority=.priority;Policy=.policy
NodeAddressFilters.net|network|||Include Subnets=.includeSubnets;Exclude Subnets=.excludeSubnets
NodeAddressSortAlgorithms.net|network|||Algorithm=.algorithm
NodeAddresses.net|network|||Addresses=.addresses;SortAlgorithm=.sortAlgorithm
NodeAnnotationSpecs.k8s|k8s|S||Value=.value
NodeCordonedSpecs.k8s|k8s|S
NodeIPConfigs.kubernetes|k8s
NodeIPs.kubernetes|k8s
NodeLabelSpecs.k8s|k8s|S||Value=.value
NodeStatuses.kubernetes|k8s|||Ready=.nodeReady;Unschedulable=.unschedulable
NodeTaintSpecs.k8s|k8s|S||Effect=.effect;Value=.value
Nodenames.kubernetes|k8s|||Nodename=.nodename
OOMActions|runtime|S|oomaction,oomactions|Time=.time;Score=.score
OSRootSecrets.secrets|secrets|S
OperatorSpecs.net|network|S
PCIDevices.hardware|hardware||devices,device|Class=.class;Subclass=.subclass;Vendor=.vendor;Product=.product
PCIDriverRebindConfigs.runtime|hardware|||Name=.name;PCI ID=.pciID;TargetDriver=.targetDriver
PCIDriverRebindStatuses.runtime|hardware||pcidriverrebinds|Name=.name;PCI ID=.pciID;TargetDriver=.targetDriver
PCRStatuses.hardware|hardware
PKIStatuses.etcd|etcd|||Ready=.ready;Secrets Version=.version
PlatformConfigs.net|network
PlatformMetadatas|runtime|||Platform=.platform;Type=.instanceType;Region=.region;Zone=.zone
ProbeSpecs.net|network
ProbeStatuses.net|network||probe,probes|Success=.success
Processors.hardware|hardware||cpus,cpu|Manufacturer=.manufacturer;Model=.productName;Cores=.coreCount;Threads=.threadCount
RebootRequests.runtime|runtime|+14
RegistryConfigs.cri|cri|S13
ResolverSpecs.net|network|||Layer=.layer;Resolvers=.dnsServers;Search Domains=.searchDomains
ResolverStatuses.net|network||resolvers|Resolvers=.dnsServers;Search Domains=.searchDomains
RouteSpecs.net|network
RouteStatuses.net|network||route,routes|Destination=.dst;Gateway=.gateway;Link=.outLinkName;Metric=.priority
RoutingRuleSpecs.net|network|+13
RoutingRuleStatuses.net|network|+13|routingrule,routingrules|Src=.src;Dst=.dst;Table=.table;Priority=.priority
SBOMItems|runtime||sbom,sboms|Version=.version;License=.license;Extension=.extension
SchedulerConfigs.kubernetes|controlplane
SeccompProfiles.cri|cri
SecretStatuses.kubernetes|controlplane|||Ready=.ready;Secrets Version=.version
SecurityStates|runtime|||SecureBoot=.secureBoot;UKISigningKeyFingerprint=.ukiSigningKeyFingerprint;PCRSigningKeyFingerprint=.pcrSigningKeyFingerprint;SELinuxState=.selinuxState;ModuleSignatureEnforced=.moduleSignatureEnforced
ServicePIDs.runtime|runtime|+13||PID=.pid
Services.v1alpha1|runtime||svc|Running=.running;Healthy=.healthy;Health Unknown=.unknown
SiderolinkConfigs.siderolink|config|S||API Endpoint=.apiEndpoint;Tunnel=.tunnel
SiderolinkStatuses.siderolink|config|||Host=.host;Connected=.connected
SiderolinkTunnels.siderolink|config|S||API Endpoint=.apiEndpoint;Link name=.linkName;MTU=.mtu;Node address=.nodeAddress
StaticHosts.net|network|+14||Addresses=.addresses
StaticPodServerStatuses.kubernetes|k8s
StaticPodStatuses.kubernetes|k8s||podstatus|Ready=.conditions[?(@.type=="Ready")].status
StaticPods.kubernetes|k8s
SwapStatuses.block|runtime||swap,swaps|Device=.device;Size=.sizeHuman;Used=.usedHuman;Priority=.priority
SystemDisks.block|runtime|||Disk=.diskID
SystemInformations.hardware|hardware||systeminformation|Manufacturer=.manufacturer;ProductName=.productName;Version=.version;SerialNumber=.serialnumber;UUID=.uuid;WakeUpType=.wakeUpType;SKUNumber=.skuNumber
TUFTrustedRoots.security|security|+13||Last Refresh=.lastRefreshTime
TimeServerSpecs.net|network|||Timeservers@14=.timeServers;UseNTS@14=.useNTS
TimeServerStatuses.net|network||timeserver,timeservers|Timeservers=.timeServers;UseNTS@14=.useNTS
TimeStatuses.v1alpha1|runtime|||Synced=.synced
TrustdCertificates.secrets|secrets|S
UnattendedInstallStatuses.runtime|runtime|+14||Phase=.phase
UniqueMachineTokens.runtime|runtime|||Token=.token
UserDiskConfigStatuses.block|runtime|||Ready=.ready
Versions.runtime|runtime|||Name@13=.name;Version=.version
VolumeConfigs.block|runtime|S
VolumeLifecycles.block|runtime
VolumeMountRequests.block|runtime|||Volume ID=.volumeID;Requester=.requester
VolumeMountStatuses.block|runtime|||Volume ID=.volumeID;Requester=.requester;Target=.target
VolumeStatuses.block|runtime|||Type=.type;Phase=.phase;Location=.location;Size=.prettySize
VolumeTrimSchedules.block|runtime|+14||Filesystem=.filesystem;Interval=.interval;Next Trim=.nextTrim
WatchdogTimerConfigs.runtime|runtime|||Device=.device;Timeout=.timeout
WatchdogTimerStatuses.runtime|runtime|||Device=.device;Timeout=.timeout
ZswapStatuses.block|runtime|||Total Size=.totalSizeHuman;Stored Pages=.storedPages;Written Back=.writtenBackPages;Pool Limit Hit=.poolLimitHit
`;
