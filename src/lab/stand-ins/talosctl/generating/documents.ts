import type { YamlValue } from '../../../talos/go-yaml.js';
import {
  AUDIT_POLICY,
  authorityFor,
  type ConfigWish,
  EXCLUDED,
  HOSTNAME,
  KUBESPAN,
  mirrorDocuments,
  POD_SECURITY,
  POD_SUBNETS,
  type Role,
  SERVICE_SUBNETS,
  unlessEmpty,
  type YamlDocument,
} from './config-wish.js';
import type { SecretPair } from './secrets.js';

type Fields = { readonly [key: string]: YamlValue | undefined };

const document = (kind: string, fields: Fields): YamlDocument => ({
  apiVersion: 'v1alpha1',
  kind,
  ...fields,
});

/** talos@1.14 generate: the machine's documents, then those of Kubernetes. */
export const documentsOf = (wish: ConfigWish, role: Role): readonly YamlDocument[] => [
  main(wish, role),
  ...discovery(wish),
  ...installation(wish),
  document('ResolverConfig', { hostDNS: { enabled: true, forwardKubeDNSToHost: true } }),
  document('VolumeConfig', { name: 'EPHEMERAL', mount: { secure: true } }),
  document('FilesystemTrimConfig', { interval: '168h0m0s' }),
  document('SecurityProfileConfig', { workloadIsolation: true }),
  ...mirrorDocuments(wish),
  HOSTNAME,
  ...(wish.hasKubeSpan ? [KUBESPAN] : []),
  ...everyNode(wish, role),
  ...(role === 'worker' ? [] : controlPlane(wish)),
];

function main({ secrets, additionalSans }: ConfigWish, role: Role): YamlDocument {
  const { certs } = secrets;
  return {
    version: 'v1alpha1',
    debug: false,
    persist: true,
    machine: {
      type: role,
      token: secrets.trustdinfo.token,
      ca: authorityFor(role, certs.os),
      certSANs: additionalSans,
      features: { diskQuotaSupport: true },
    },
    cluster: {
      token: secrets.secrets.bootstraptoken,
      etcd: role === 'worker' ? undefined : { ca: certs.etcd },
    },
  };
}

const discovery = ({ hasDiscovery, secrets }: ConfigWish): readonly YamlDocument[] => [
  ...(hasDiscovery
    ? [
        document('DiscoveryServiceConfig', {
          name: 'default',
          endpoint: 'https://discovery.talos.dev/',
        }),
      ]
    : []),
  document('DiscoveryIdentityConfig', {
    clusterID: secrets.cluster.id,
    clusterSecret: secrets.cluster.secret,
  }),
];

/** Without a disk nothing is installed. */
const installation = ({ installDisk, installImage }: ConfigWish): readonly YamlDocument[] =>
  installDisk === ''
    ? []
    : [
        document('UnattendedInstallConfig', {
          installer: { image: installImage },
          provisioning: {
            diskSelector: { match: `disk.dev_path == ${JSON.stringify(installDisk)}` },
            wipe: false,
          },
        }),
      ];

const plain = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

const issuing = ({ crt, key }: SecretPair): Fields => ({
  issuingCA: { cert: plain(crt), key: plain(key) },
});

function everyNode(wish: ConfigWish, role: Role): readonly YamlDocument[] {
  const { clusterName, endpoint, kubernetesVersion, dnsDomain, secrets } = wish;
  const { k8s, k8saggregator } = secrets.certs;
  const isWorker = role === 'worker';
  return [
    document('KubeClusterConfig', { clusterName, endpoint }),
    document('KubeNodeConfig', { nodeIP: {}, ...(isWorker ? {} : CONTROL_PLANE_NODE) }),
    document('KubeletConfig', {
      image: `ghcr.io/siderolabs/kubelet:v${kubernetesVersion}`,
      config: {},
      defaultRuntimeSeccompProfileEnabled: true,
    }),
    document('KubeNetworkConfig', {
      dnsDomain,
      podSubnets: POD_SUBNETS,
      serviceSubnets: SERVICE_SUBNETS,
    }),
    document('KubeAPIServerCAConfig', isWorker ? { acceptedCAs: [plain(k8s.crt)] } : issuing(k8s)),
    document('KubePrismConfig', { port: 7445 }),
    ...(isWorker ? [] : [document('KubeAggregatorCAConfig', issuing(k8saggregator))]),
  ];
}

const CONTROL_PLANE_NODE = {
  labels: { 'node-role.kubernetes.io/control-plane': '', ...EXCLUDED },
  taints: { 'node-role.kubernetes.io/control-plane': 'NoSchedule' },
};

function controlPlane(wish: ConfigWish): readonly YamlDocument[] {
  const { kubernetesVersion, endpoint, additionalSans, secrets } = wish;
  const image = (name: string) => ({ image: `registry.k8s.io/${name}:v${kubernetesVersion}` });
  return [
    document('KubeAdmissionControlConfig', { name: 'PodSecurity', configuration: POD_SECURITY }),
    document('KubeAuditPolicyConfig', { configuration: AUDIT_POLICY }),
    document('KubeAuthenticationConfig', { configuration: AUTHENTICATION }),
    document('KubeAuthorizerConfig', { name: 'node', type: 'Node' }),
    document('KubeAuthorizerConfig', { name: 'rbac', type: 'RBAC' }),
    document('KubeEtcdEncryptionConfig', { config: encryption(wish) }),
    document('KubeServiceAccountConfig', {
      issuer: { privateKey: plain(secrets.certs.k8sserviceaccount.key), issuerURL: endpoint },
    }),
    document('KubeAPIServerConfig', {
      ...image('kube-apiserver'),
      certExtraSANs: unlessEmpty(additionalSans),
    }),
    document('KubeControllerManagerConfig', image('kube-controller-manager')),
    document('KubeSchedulerConfig', { ...image('kube-scheduler'), config: {} }),
    document('KubeProxyConfig', { ...image('kube-proxy'), config: {} }),
    document('KubeFlannelCNIConfig', { backendType: 'vxlan', backendPort: 4789 }),
    document('KubeCoreDNSConfig', { enabled: true }),
  ];
}

const AUTHENTICATION: YamlValue = {
  anonymous: {
    conditions: ['/livez', '/readyz', '/healthz'].map((path) => ({ path })),
    enabled: true,
  },
  jwt: [],
};

function encryption({ secrets }: ConfigWish): YamlValue {
  const { secretboxencryptionsecret: secretbox, aescbcencryptionsecret: aescbc } = secrets.secrets;
  const provider =
    secretbox === undefined
      ? { aescbc: { keys: [{ name: 'key1', secret: aescbc }] } }
      : { secretbox: { keys: [{ name: 'key2', secret: secretbox }] } };
  return { resources: [{ providers: [provider], resources: ['secrets'] }] };
}
