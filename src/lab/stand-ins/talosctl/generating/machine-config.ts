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
import { documentsOf } from './documents.js';

/** talos@1.14: what was a part of the main document became documents of their own. */
export const generatedConfig = (wish: ConfigWish, role: Role): readonly YamlDocument[] =>
  wish.minor >= 14 ? documentsOf(wish, role) : [mainDocument(wish, role), ...extraDocuments(wish)];

const mainDocument = (wish: ConfigWish, role: Role): YamlDocument => ({
  version: 'v1alpha1',
  debug: false,
  persist: true,
  machine: machine(wish, role),
  cluster: role === 'worker' ? commonCluster(wish, role) : controlPlaneCluster(wish),
});

const extraDocuments = (wish: ConfigWish): readonly YamlDocument[] => [
  ...(wish.minor >= 12 ? mirrorDocuments(wish) : []),
  ...(wish.minor >= 12 ? [HOSTNAME] : []),
  ...(wish.minor >= 13 && wish.hasKubeSpan ? [KUBESPAN] : []),
];

const machine = (wish: ConfigWish, role: Role): YamlDocument => ({
  type: role,
  token: wish.secrets.trustdinfo.token,
  ca: authorityFor(role, wish.secrets.certs.os),
  certSANs: wish.additionalSans,
  kubelet: {
    image: `ghcr.io/siderolabs/kubelet:v${wish.kubernetesVersion}`,
    defaultRuntimeSeccompProfileEnabled: true,
    disableManifestsDirectory: true,
  },
  network: network(wish),
  install: {
    disk: wish.installDisk === '' ? undefined : wish.installDisk,
    image: wish.installImage === '' ? undefined : wish.installImage,
    wipe: false,
    grubUseUKICmdline: wish.minor >= 12 ? true : undefined,
  },
  registries: registries(wish),
  features: {
    ...(wish.minor >= 12 ? {} : { rbac: true, stableHostname: true, apidCheckExtKeyUsage: true }),
    diskQuotaSupport: true,
    kubePrism: { enabled: true, port: 7445 },
    hostDNS: { enabled: true, forwardKubeDNSToHost: true },
  },
  nodeLabels: role === 'worker' ? undefined : EXCLUDED,
});

function network({ minor, hasKubeSpan }: ConfigWish): YamlDocument | undefined {
  if (minor >= 13) return undefined;
  return hasKubeSpan ? { kubespan: { enabled: true } } : {};
}

const registries = ({ minor, mirrors }: ConfigWish): YamlDocument | undefined =>
  minor >= 12 || mirrors.length === 0
    ? undefined
    : { mirrors: Object.fromEntries(mirrors.map(([name, url]) => [name, { endpoints: [url] }])) };

const commonCluster = (wish: ConfigWish, role: Role): YamlDocument => ({
  ...identity(wish),
  ca: authorityFor(role, wish.secrets.certs.k8s),
  discovery: discovery(wish),
});

const identity = ({ secrets, endpoint, clusterName, dnsDomain }: ConfigWish): YamlDocument => ({
  id: secrets.cluster.id,
  secret: secrets.cluster.secret,
  controlPlane: { endpoint },
  clusterName,
  network: { dnsDomain, podSubnets: POD_SUBNETS, serviceSubnets: SERVICE_SUBNETS },
  token: secrets.secrets.bootstraptoken,
});

const discovery = ({ hasDiscovery }: ConfigWish): YamlDocument => ({
  enabled: hasDiscovery,
  registries: { kubernetes: { disabled: true }, service: {} },
});

function controlPlaneCluster(wish: ConfigWish): YamlDocument {
  const { secrets, kubernetesVersion } = wish;
  const { aescbcencryptionsecret, secretboxencryptionsecret } = secrets.secrets;
  const image = (name: string) => ({ image: `registry.k8s.io/${name}:v${kubernetesVersion}` });
  return {
    ...identity(wish),
    aescbcEncryptionSecret: aescbcencryptionsecret,
    secretboxEncryptionSecret: secretboxencryptionsecret,
    ca: secrets.certs.k8s,
    aggregatorCA: secrets.certs.k8saggregator,
    serviceAccount: secrets.certs.k8sserviceaccount,
    apiServer: { ...image('kube-apiserver'), ...apiServer(wish) },
    controllerManager: image('kube-controller-manager'),
    proxy: image('kube-proxy'),
    scheduler: image('kube-scheduler'),
    discovery: discovery(wish),
    etcd: { ca: secrets.certs.etcd },
  };
}

function apiServer({ minor, endpoint, additionalSans }: ConfigWish): YamlDocument {
  const own = minor >= 12 ? [] : [new URL(endpoint).hostname.replace(/^\[|\]$/g, '')];
  return {
    certSANs: unlessEmpty([...own, ...additionalSans]),
    disablePodSecurityPolicy: minor >= 12 ? undefined : true,
    admissionControl: [{ name: 'PodSecurity', configuration: POD_SECURITY }],
    auditPolicy: AUDIT_POLICY,
  };
}
