import { KUBE_RESOURCES } from '../../world/kube-store.js';
import type { KubeResource, World } from '../../world/types.js';
import { customTypes } from './custom-types.js';
import { EMPTY_TYPES } from './empty-types.js';

export interface Subresource {
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: Readonly<Record<string, Subresource>>;
  /** Field selector paths besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
  /** Where the world keeps them; null = the lab has none and lists are empty. events.k8s.io shows core events. */
  readonly storedAs: KubeResource | null;
  /** What a CustomResourceDefinition wants printed besides name and age. */
  readonly columns?: readonly { readonly name: string; readonly path: string }[];
}

const READ_VERBS = ['get', 'list', 'watch'];
const STORED_VERBS = ['create', 'delete', ...READ_VERBS, 'patch', 'update'];
const STATUS_VERBS = ['get', 'patch', 'update'];

type Extra = Partial<
  Pick<
    ResourceType,
    'shortNames' | 'categories' | 'verbs' | 'subresources' | 'selectableFields' | 'storedAs'
  >
>;

function resource(
  group: string,
  plural: string,
  kind: string,
  scope: 'cluster' | 'namespaced',
  extra: Extra = {},
): ResourceType {
  const storedAs = KUBE_RESOURCES.find((known) => known === plural) ?? null;
  return {
    group,
    version: 'v1',
    plural,
    kind,
    isNamespaced: scope === 'namespaced',
    shortNames: [],
    categories: [],
    verbs: storedAs === null ? READ_VERBS : STORED_VERBS,
    subresources: {},
    selectableFields: [],
    storedAs,
    ...extra,
  };
}

const statusOf = (kind: string): Record<string, Subresource> => ({
  status: { kind, verbs: STATUS_VERBS },
});

const EVENT_FIELDS = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
];

const POD_SUBRESOURCES: Record<string, Subresource> = {
  ...statusOf('Pod'),
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  log: { kind: 'Pod', verbs: ['get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
};

const CREATE_ONLY: Extra = { verbs: ['create'] };
const WORKLOAD: Extra = { categories: ['all'] };
const SCALE: Record<string, Subresource> = {
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: STATUS_VERBS },
};

export const RESOURCE_TYPES: readonly ResourceType[] = [
  resource('', 'configmaps', 'ConfigMap', 'namespaced', { shortNames: ['cm'] }),
  resource('', 'events', 'Event', 'namespaced', {
    shortNames: ['ev'],
    selectableFields: EVENT_FIELDS,
  }),
  resource('', 'namespaces', 'Namespace', 'cluster', {
    shortNames: ['ns'],
    subresources: statusOf('Namespace'),
    selectableFields: ['status.phase'],
  }),
  resource('', 'nodes', 'Node', 'cluster', {
    shortNames: ['no'],
    subresources: {
      ...statusOf('Node'),
      proxy: {
        kind: 'NodeProxyOptions',
        verbs: ['create', 'delete', 'get', 'patch', 'update'],
      },
    },
    selectableFields: ['spec.unschedulable'],
  }),
  resource('', 'persistentvolumeclaims', 'PersistentVolumeClaim', 'namespaced', {
    shortNames: ['pvc'],
  }),
  resource('', 'persistentvolumes', 'PersistentVolume', 'cluster', { shortNames: ['pv'] }),
  resource('', 'pods', 'Pod', 'namespaced', {
    ...WORKLOAD,
    shortNames: ['po'],
    subresources: POD_SUBRESOURCES,
    selectableFields: ['spec.nodeName', 'spec.restartPolicy', 'status.phase', 'status.podIP'],
  }),
  resource('', 'secrets', 'Secret', 'namespaced', { selectableFields: ['type'] }),
  resource('', 'serviceaccounts', 'ServiceAccount', 'namespaced', { shortNames: ['sa'] }),
  resource('', 'services', 'Service', 'namespaced', { ...WORKLOAD, shortNames: ['svc'] }),
  resource('apps', 'daemonsets', 'DaemonSet', 'namespaced', { ...WORKLOAD, shortNames: ['ds'] }),
  resource('apps', 'deployments', 'Deployment', 'namespaced', {
    ...WORKLOAD,
    shortNames: ['deploy'],
    subresources: SCALE,
  }),
  resource('apps', 'replicasets', 'ReplicaSet', 'namespaced', { ...WORKLOAD, shortNames: ['rs'] }),
  resource('apps', 'statefulsets', 'StatefulSet', 'namespaced', {
    ...WORKLOAD,
    shortNames: ['sts'],
    subresources: SCALE,
  }),
  resource('events.k8s.io', 'events', 'Event', 'namespaced', {
    shortNames: ['ev'],
    selectableFields: ['regarding.kind', 'regarding.name', 'reason', 'type'],
  }),
  resource('authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview', 'cluster', {
    ...CREATE_ONLY,
  }),
  resource(
    'authorization.k8s.io',
    'selfsubjectaccessreviews',
    'SelfSubjectAccessReview',
    'cluster',
    CREATE_ONLY,
  ),
  resource(
    'authorization.k8s.io',
    'selfsubjectrulesreviews',
    'SelfSubjectRulesReview',
    'cluster',
    CREATE_ONLY,
  ),
  resource(
    'certificates.k8s.io',
    'certificatesigningrequests',
    'CertificateSigningRequest',
    'cluster',
    {
      shortNames: ['csr'],
      subresources: {
        ...statusOf('CertificateSigningRequest'),
        approval: { kind: 'CertificateSigningRequest', verbs: STATUS_VERBS },
      },
      selectableFields: ['spec.signerName'],
    },
  ),
  resource('policy', 'poddisruptionbudgets', 'PodDisruptionBudget', 'namespaced', {
    shortNames: ['pdb'],
    subresources: statusOf('PodDisruptionBudget'),
  }),
  resource('storage.k8s.io', 'csidrivers', 'CSIDriver', 'cluster'),
  resource('storage.k8s.io', 'storageclasses', 'StorageClass', 'cluster', { shortNames: ['sc'] }),
  resource(
    'apiextensions.k8s.io',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    'cluster',
    {
      shortNames: ['crd', 'crds'],
    },
  ),
  resource('coordination.k8s.io', 'leases', 'Lease', 'namespaced'),
  // Kept as they are written: nothing in the lab runs them.
  resource('batch', 'jobs', 'Job', 'namespaced', { storedAs: 'jobs.batch', verbs: STORED_VERBS }),
  ...EMPTY_TYPES.map(({ group, version, plural, kind, scope, shortNames }) => ({
    ...resource(group, plural, kind, scope, { shortNames }),
    version,
  })),
];

/** What this API server serves now: its own types and those of the CustomResourceDefinitions. */
export const servedTypes = (world: World): readonly ResourceType[] => [
  ...RESOURCE_TYPES,
  ...customTypes(world),
];

export const servedGroups = (types: readonly ResourceType[]): readonly string[] => [
  ...new Set(types.map(({ group }) => group)),
];

export const resourceType = (
  group: string,
  version: string,
  plural: string,
  world: World,
): ResourceType | undefined => {
  const isIt = (type: ResourceType): boolean =>
    type.group === group && type.version === version && type.plural === plural;
  return RESOURCE_TYPES.find(isIt) ?? customTypes(world).find(isIt);
};

/** By its plural name where that is unique in what we serve. @throws RangeError on an unknown name: a bug. */
export function knownType(plural: string): ResourceType {
  const found = RESOURCE_TYPES.find((type) => type.plural === plural);
  if (found === undefined) throw new RangeError(`No resource type ${plural}`);
  return found;
}

/** `v1`, `apps/v1` */
export const groupVersion = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;

/** As errors name it: `nodes`, `leases.coordination.k8s.io`. */
export const qualifiedName = ({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): string =>
  group === '' ? plural : `${plural}.${group}`;
