import { createHash } from 'node:crypto';
import type { StoredConfig } from '../../world/types.js';
import { toGoYaml, type YamlValue } from '../go-yaml.js';
import type { NodeView } from './kind.js';

/**
 * A configuration as `talosctl gen config` of 1.12 and a person who followed a guide would leave it: VIP, serving
 * certificate rotation, factory installer. Its secrets are derived from the seed and protect nothing.
 */
function seededConfig(view: NodeView): string {
  const documents: readonly YamlValue[] = [
    {
      version: 'v1alpha1',
      debug: false,
      persist: true,
      machine: machine(view),
      cluster: cluster(view),
    },
    { apiVersion: 'v1alpha1', kind: 'HostnameConfig', hostname: view.node.hostname },
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

function machine(view: NodeView): YamlValue {
  const { node, world } = view;
  const isControlPlane = node.role === 'controlplane';
  return {
    type: node.role,
    token: token(view, 'machine'),
    ca: {
      crt: Buffer.from(view.lab.pki.talosCaPem).toString('base64'),
      key: isControlPlane ? secret(view, 'machine-ca', 96) : '',
    },
    certSANs: [world.vip.address],
    kubelet: {
      image: `ghcr.io/siderolabs/kubelet:${world.facts.kubernetesVersion}`,
      extraArgs: { 'rotate-server-certificates': 'true' },
      defaultRuntimeSeccompProfileEnabled: true,
      disableManifestsDirectory: true,
    },
    network: {
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
      grubUseUKICmdline: true,
    },
    features: {
      diskQuotaSupport: true,
      kubePrism: { enabled: true, port: 7445 },
      hostDNS: { enabled: true, forwardKubeDNSToHost: true },
    },
  };
}

function cluster(view: NodeView): YamlValue {
  const { node, world } = view;
  const { facts } = world;
  const image = (name: string): { image: string } => ({
    image: `registry.k8s.io/${name}:${facts.kubernetesVersion}`,
  });
  const common = {
    id: facts.clusterId,
    secret: secret(view, 'cluster', 32),
    controlPlane: { endpoint: facts.kubeEndpoint },
    clusterName: facts.clusterName,
    network: {
      cni: { name: 'flannel' },
      dnsDomain: 'cluster.local',
      podSubnets: ['10.244.0.0/16'],
      serviceSubnets: ['10.96.0.0/12'],
    },
    token: token(view, 'bootstrap'),
    ca: { crt: Buffer.from(view.lab.pki.kubeCaPem).toString('base64'), key: '' },
  };
  const discovery = {
    discovery: {
      enabled: true,
      registries: { kubernetes: { disabled: true }, service: {} },
    },
  };
  if (node.role === 'worker') return { ...common, ...discovery };
  return {
    ...common,
    ca: { ...common.ca, key: secret(view, 'kube-ca', 96) },
    secretboxEncryptionSecret: secret(view, 'secretbox', 32),
    aggregatorCA: { crt: '', key: secret(view, 'aggregator', 96) },
    serviceAccount: { key: secret(view, 'service-account', 96) },
    apiServer: { ...image('kube-apiserver'), certSANs: [world.vip.address] },
    controllerManager: image('kube-controller-manager'),
    scheduler: image('kube-scheduler'),
    ...discovery,
    etcd: {
      ca: { crt: '', key: secret(view, 'etcd-ca', 96) },
      advertisedSubnets: [`${facts.lanPrefix}.0.0/${facts.lanPrefixLength}`],
    },
    allowSchedulingOnControlPlanes: false,
  };
}

const digest = (view: NodeView, name: string): Buffer =>
  createHash('sha512').update(`${view.world.facts.seed}:${name}`).digest();

function secret(view: NodeView, name: string, bytes: number): string {
  const parts = [digest(view, name), digest(view, `${name}:2`)];
  return Buffer.concat(parts).subarray(0, bytes).toString('base64');
}

/** kubeadm's form: six and sixteen characters. */
function token(view: NodeView, name: string): string {
  const hex = digest(view, `${name}-token`).toString('hex');
  return `${hex.slice(0, 6)}.${hex.slice(6, 22)}`;
}
