import type { Desired } from '../collection.js';
import { toGoYaml } from '../go-yaml.js';
import { encode } from '../protos.js';
import { definitionMessage, definitionSpec, nameDefinition } from '../resource-definitions.js';
import { CLUSTER_KINDS, KUBERNETES_KINDS } from './cluster.js';
import { HARDWARE_KINDS } from './hardware.js';
import { type Kind, kind } from './kind.js';
import { MACHINE_KINDS } from './machine.js';
import { NETWORK_KINDS } from './network.js';
import { STORAGE_KINDS } from './storage.js';

const NAMESPACES: Readonly<Record<string, string>> = {
  cluster: 'Cluster configuration and discovery resources.',
  config: 'Talos node configuration.',
  etcd: 'etcd resources.',
  hardware: 'Hardware resources.',
  k8s: 'Kubernetes all node types resources.',
  meta: 'Metadata about other resources.',
  network: 'Networking resources.',
  perf: 'Stats resources.',
  runtime: 'Talos Runtime resources.',
};

const META_KINDS: readonly Kind[] = [
  kind(
    'meta',
    'ResourceDefinitions.meta.cosi.dev',
    { owner: '', aliases: ['api-resources'], columns: { Aliases: '{.aliases[:]}' } },
    () => definitions(),
  ),
  kind(
    'meta',
    'Namespaces.meta.cosi.dev',
    { owner: '', aliases: ['ns'], columns: { Description: '{.description}' } },
    () => NAMESPACE_RESOURCES,
  ),
];

const NAMESPACE_RESOURCES: readonly Desired[] = Object.entries(NAMESPACES).map(
  ([id, description]) => ({
    id,
    yaml: toGoYaml({ description }),
    proto: encode('specs.proto', 'cosi.specs.NamespaceSpec', { description }),
  }),
);

export const KINDS: readonly Kind[] = [
  ...META_KINDS,
  ...MACHINE_KINDS,
  ...NETWORK_KINDS,
  ...CLUSTER_KINDS,
  ...KUBERNETES_KINDS,
  ...STORAGE_KINDS,
  ...HARDWARE_KINDS,
];

const BY_KEY: ReadonlyMap<string, Kind> = new Map(
  KINDS.map((known) => [`${known.namespace}/${known.type}`, known]),
);

const SENSITIVE: ReadonlySet<string> = new Set(
  KINDS.filter(({ isSensitive }) => isSensitive).map(({ type }) => type),
);

export const findKind = (namespace: string, type: string): Kind | undefined =>
  BY_KEY.get(`${namespace}/${type}`);

/** Whatever the namespace: the type alone decides (talos: access filter of apid). */
export const isSensitiveType = (type: string): boolean => SENSITIVE.has(type);

let known: readonly Desired[] | undefined;

function definitions(): readonly Desired[] {
  known ??= KINDS.map((definition) => {
    const named = nameDefinition(definition);
    return {
      id: definition.type.toLowerCase(),
      yaml: toGoYaml(definitionSpec(named)),
      proto: encode('specs.proto', 'cosi.specs.ResourceDefinitionSpec', definitionMessage(named)),
    };
  });
  return known;
}
