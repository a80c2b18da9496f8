import { talosMinor } from '../../world/talos-version.js';
import type { Desired } from '../collection.js';
import { toGoYaml } from '../go-yaml.js';
import { encode } from '../protos.js';
import { definitionMessage, definitionSpec } from '../resource-definitions.js';
import { CLUSTER_KINDS, KUBERNETES_KINDS } from './cluster.js';
import { CONTROL_PLANE_KINDS } from './control-plane.js';
import { HARDWARE_KINDS } from './hardware.js';
import { type Kind, kind } from './kind.js';
import { MACHINE_KINDS } from './machine.js';
import { NETWORK_KINDS } from './network.js';
import { definitionsOf, isRegistered } from './registry.js';
import { STORAGE_KINDS } from './storage.js';

const NAMESPACES: Readonly<Record<string, string>> = {
  cluster: 'Cluster configuration and discovery resources.',
  'cluster-raw': 'Cluster unmerged raw resources.',
  config: 'Talos node configuration.',
  controlplane: 'Kubernetes control plane resources.',
  cri: 'CRI Seccomp resources.',
  etcd: 'etcd resources.',
  files: 'Files and file-like resources.',
  hardware: 'Hardware resources.',
  k8s: 'Kubernetes all node types resources.',
  kubespan: 'KubeSpan resources.',
  meta: 'Metadata namespace which contains resource and namespace definitions.',
  network: 'Networking resources.',
  'network-config': 'Networking configuration resources.',
  perf: 'Stats resources.',
  runtime: 'Talos v1alpha1 subsystems glue resources.',
  secrets: 'Resources with secret material.',
};

const META_KINDS: readonly Kind[] = [
  kind('meta', 'ResourceDefinitions.meta.cosi.dev', { owner: '' }, ({ node }) =>
    definitionResources(talosMinor(node.talosVersion)),
  ),
  kind('meta', 'Namespaces.meta.cosi.dev', { owner: '' }, () => NAMESPACE_RESOURCES),
];

const NAMESPACE_RESOURCES: readonly Desired[] = Object.entries(NAMESPACES).map(
  ([id, description]) => ({
    id,
    yaml: toGoYaml({ description }),
    proto: encode('specs.proto', 'cosi.specs.NamespaceSpec', { description }),
  }),
);

const KINDS: readonly Kind[] = [
  ...META_KINDS,
  ...MACHINE_KINDS,
  ...NETWORK_KINDS,
  ...CLUSTER_KINDS,
  ...KUBERNETES_KINDS,
  ...CONTROL_PLANE_KINDS,
  ...STORAGE_KINDS,
  ...HARDWARE_KINDS,
];

const BY_KEY: ReadonlyMap<string, Kind> = new Map(
  KINDS.map((known) => [`${known.namespace}/${known.type}`, known]),
);

/** undefined: a node of this version keeps nothing under that name. */
export function findKind(namespace: string, type: string, talosVersion: string): Kind | undefined {
  const known = BY_KEY.get(`${namespace}/${type}`);
  return known !== undefined && isRegistered(type, talosMinor(talosVersion)) ? known : undefined;
}

export const kindsOf = (minor: number): readonly Kind[] =>
  KINDS.filter(({ type }) => isRegistered(type, minor));

const knownDefinitions = new Map<number, readonly Desired[]>();

function definitionResources(minor: number): readonly Desired[] {
  const known = knownDefinitions.get(minor);
  if (known !== undefined) return known;
  const fresh = definitionsOf(minor).map((definition) => ({
    id: definition.type.toLowerCase(),
    yaml: toGoYaml(definitionSpec(definition)),
    proto: encode(
      'specs.proto',
      'cosi.specs.ResourceDefinitionSpec',
      definitionMessage(definition),
    ),
  }));
  knownDefinitions.set(minor, fresh);
  return fresh;
}
