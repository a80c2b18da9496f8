import { createHash } from 'node:crypto';
import { kubernetesVersion } from '../../world/talos-config.js';
import { talosMinor } from '../../world/talos-version.js';
import type { StoredConfig } from '../../world/types.js';
import { toGoYaml, type YamlValue } from '../go-yaml.js';
import type { NodeView } from './kind.js';

/**
 * A configuration as `talosctl gen config` and a person who followed a guide would leave it: VIP, serving
 * certificate rotation, factory installer. Of its secrets, those of Talos and Kubernetes are the lab's own; the
 * others are derived from the seed and protect nothing.
 */
function seededConfig(view: NodeView): string {
  const { node } = view;
  const hasDocuments = talosMinor(node.talosVersion) >= 12;
  const documents: readonly YamlValue[] = [
    {
      version: 'v1alpha1',
      debug: false,
      persist: true,
      machine: machine(view, hasDocuments),
      cluster: cluster(view),
    },
    ...(hasDocuments
      ? [{ apiVersion: 'v1alpha1', kind: 'HostnameConfig', hostname: node.hostname }]
      : []),
    ...node.extensions
      .filter(({ name }) => name === 'tailscale')
      .map(({ name }) => ({
        apiVersion: 'v1alpha1',
        kind: 'ExtensionServiceConfig',
        name,
        environment: [`TS_AUTHKEY=tskey-auth-${digest(view, name).toString('hex').slice(0, 24)}`],
      })),
  ];
  return documents.map(toGoYaml).join('---\n');
}

/** What runs. */
export const activeConfig = (view: NodeView): string => textOf(view, view.node.machine.config);

/** What lies on STATE. */
export const persistentConfig = (view: NodeView): string =>
  textOf(view, view.node.machine.systemDisk?.config ?? null);

const textOf = (view: NodeView, stored: StoredConfig | null): string =>
  stored === null ? '' : (stored.text ?? seededConfig(view));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function machine(view: NodeView, hasDocuments: boolean): YamlValue {
  const { node, world } = view;
  const { pki } = view.lab;
  const isControlPlane = node.role === 'controlplane';
  return {
    type: node.role,
    token: token(view, 'machine'),
    ca: {
      crt: base64(pki.talosCaPem),
      key: isControlPlane ? base64(pki.talosCaKeyPem()) : '',
    },
    certSANs: [world.vip.address],
    kubelet: {
      image: `ghcr.io/siderolabs/kubelet:${kubernetesVersion(world, node, 'kubelet')}`,
      extraArgs: { 'rotate-server-certificates': 'true' },
      defaultRuntimeSeccompProfileEnabled: true,
      disableManifestsDirectory: true,
    },
    network: {
      hostname: hasDocuments ? undefined : node.hostname,
      interfaces: [
        {
          interface: world.facts.linkName,
          dhcp: true,
          vip: isControlPlane && world.vip.isConfigured ? { ip: world.vip.address } : undefined,
        },
      ],
    },
    install: {
      disk: '/dev/sda',
      image: `factory.talos.dev/${node.platform}-installer/${node.schematic}:${node.talosVersion}`,
      wipe: false,
      grubUseUKICmdline: hasDocuments ? true : undefined,
    },
    features: {
      diskQuotaSupport: true,
      kubePrism: { enabled: true, port: 7445 },
      hostDNS: { enabled: true, forwardKubeDNSToHost: true },
    },
    nodeLabels: isControlPlane
      ? { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
      : undefined,
  };
}

function cluster(view: NodeView): YamlValue {
  const { node, world } = view;
  const { facts } = world;
  const common = {
    id: facts.clusterId,
    secret: secret(view, 'cluster', 32),
    controlPlane: { endpoint: facts.kubeEndpoint },
    clusterName: facts.clusterName,
    network: {
      dnsDomain: 'cluster.local',
      podSubnets: ['10.244.0.0/16'],
      serviceSubnets: ['10.96.0.0/12'],
    },
    token: token(view, 'bootstrap'),
  };
  const discovery = {
    discovery: {
      enabled: true,
      registries: { kubernetes: { disabled: true }, service: {} },
    },
  };
  const crt = base64(view.lab.pki.kubeCaPem);
  if (node.role === 'worker') return { ...common, ca: { crt, key: '' }, ...discovery };
  return {
    ...common,
    secretboxEncryptionSecret: secret(view, 'secretbox', 32),
    ca: { crt, key: base64(view.lab.pki.kubeCaKeyPem()) },
    aggregatorCA: authority(view, 'aggregator'),
    serviceAccount: { key: privateKey(view, 'service-account') },
    ...components(view),
    ...discovery,
    etcd: {
      ca: authority(view, 'etcd-ca'),
      advertisedSubnets: [`${facts.lanPrefix}.0.0/${facts.lanPrefixLength}`],
    },
  };
}

function components({ world, node }: NodeView): { readonly [key: string]: YamlValue } {
  const image = (name: string, version: string): string => `registry.k8s.io/${name}:${version}`;
  return {
    apiServer: {
      image: image('kube-apiserver', kubernetesVersion(world, node, 'apiServer')),
      certSANs: [world.vip.address],
    },
    controllerManager: {
      image: image('kube-controller-manager', kubernetesVersion(world, node, 'controllerManager')),
    },
    proxy: { image: image('kube-proxy', world.facts.kubernetesVersion) },
    scheduler: { image: image('kube-scheduler', kubernetesVersion(world, node, 'scheduler')) },
  };
}

const digest = (view: NodeView, name: string): Buffer =>
  createHash('sha512').update(`${view.world.facts.seed}:${name}`).digest();

function secret(view: NodeView, name: string, bytes: number): string {
  const parts = [digest(view, name), digest(view, `${name}:2`)];
  return Buffer.concat(parts).subarray(0, bytes).toString('base64');
}

const authority = (view: NodeView, name: string): YamlValue => ({
  crt: base64(
    `-----BEGIN CERTIFICATE-----\n${secret(view, `${name}-crt`, 96)}\n-----END CERTIFICATE-----\n`,
  ),
  key: privateKey(view, name),
});

const privateKey = (view: NodeView, name: string): string =>
  base64(
    `-----BEGIN EC PRIVATE KEY-----\n${secret(view, name, 96)}\n-----END EC PRIVATE KEY-----\n`,
  );

/** kubeadm's form: six and sixteen characters. */
function token(view: NodeView, name: string): string {
  const hex = digest(view, `${name}-token`).toString('hex');
  return `${hex.slice(0, 6)}.${hex.slice(6, 22)}`;
}
