import { kubernetesVersion } from '../../world/talos-config.js';
import { talosMinor } from '../../world/talos-version.js';
import type { LabNode } from '../../world/types.js';
import { encode } from '../protos.js';
import { type Kind, kind, resource } from './kind.js';

/** Of the configuration; the lab's own says nothing, which is flannel. */
export const cniNameOf = ({ machine }: LabNode): string =>
  machine.config?.settings?.cni ?? 'flannel';

/** 1.14 lists them to know which static pods there should be. */
const PARTS = [
  ['APIServerConfigs.kubernetes.talos.dev', 'kube-apiserver', 'apiServer'],
  ['ControllerManagerConfigs.kubernetes.talos.dev', 'kube-controller-manager', 'controllerManager'],
  ['SchedulerConfigs.kubernetes.talos.dev', 'kube-scheduler', 'scheduler'],
] as const;

const isConfigured = ({ machine }: LabNode): boolean => machine.config !== null;

/** What `talosctl health` on the client's side reads: who shall run, and whether somebody else brings the network. */
export const CONTROL_PLANE_KINDS: readonly Kind[] = [
  kind(
    'controlplane',
    'BootstrapManifestsConfigs.kubernetes.talos.dev',
    { owner: 'k8s.ControlPlaneBootstrapManifestsController', only: 'controlplane' },
    ({ node }) => {
      if (!isConfigured(node)) return [];
      const name = cniNameOf(node);
      const cniName = talosMinor(node.talosVersion) >= 13 ? name : undefined;
      const spec = {
        clusterDomain: 'cluster.local',
        podCIDRs: ['10.244.0.0/16'],
        proxyEnabled: true,
        coreDNSEnabled: true,
        dnsServiceIP: '10.96.0.10',
        flannelEnabled: name === 'flannel',
        cniName,
      };
      const proto = encode('specs.proto', 'cosi.specs.BootstrapManifestsConfigSpec', {
        cluster_domain: spec.clusterDomain,
        pod_cid_rs: spec.podCIDRs,
        proxy_enabled: spec.proxyEnabled,
        core_dns_enabled: spec.coreDNSEnabled,
        dns_service_ip: spec.dnsServiceIP,
        flannel_enabled: spec.flannelEnabled,
        cni_name: cniName,
      });
      return [resource('manifests', spec, { proto })];
    },
  ),
  kind(
    'k8s',
    'KubeletConfigs.kubernetes.talos.dev',
    { owner: 'k8s.KubeletConfigController' },
    ({ world, node }) => {
      if (!isConfigured(node)) return [];
      const image = `ghcr.io/siderolabs/kubelet:${kubernetesVersion(world, node, 'kubelet')}`;
      const spec = { image, clusterDNS: ['10.96.0.10'], clusterDomain: 'cluster.local' };
      const proto = encode('specs.proto', 'cosi.specs.KubeletConfigSpec', {
        image,
        cluster_dns: spec.clusterDNS,
        cluster_domain: spec.clusterDomain,
      });
      return [resource('kubelet', spec, { proto })];
    },
  ),
  ...PARTS.map(([type, id, part]) =>
    kind(
      'controlplane',
      type,
      { owner: 'k8s.ControlPlaneController', only: 'controlplane' },
      ({ world, node }) => {
        if (!isConfigured(node)) return [];
        const image = `registry.k8s.io/${id}:${kubernetesVersion(world, node, part)}`;
        const spec = part === 'apiServer' ? { image } : { enabled: true, image };
        const name = part === 'apiServer' ? 'APIServerConfigSpec' : 'ControlPlanePartSpec';
        return [resource(id, spec, { proto: encode('specs.proto', `cosi.specs.${name}`, spec) })];
      },
    ),
  ),
];
