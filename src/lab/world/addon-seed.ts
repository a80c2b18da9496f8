import { gzipSync } from 'node:zlib';
import { getObject, putObject } from './kube-store.js';
import { controlPlanes } from './node.js';
import type { KubeResource, World } from './types.js';
import { putOld, seedDaemon } from './workload-daemons.js';
import { schedulable, seedApplication } from './workload-seed.js';

const DAY_MS = 86_400_000;

type Labels = Readonly<Record<string, string>>;

export interface AddonWorkload {
  readonly kind: 'DaemonSet' | 'Deployment' | 'StatefulSet';
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  readonly replicas: number;
  readonly controlPlanesOnly: boolean;
}

export interface AddonDefinition {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly version: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly { readonly name: string; readonly path: string }[];
}

/** Fields besides these are the object's own. `perNode` = one per machine, named after it. */
export interface AddonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly annotations?: Labels | undefined;
  readonly scope?: 'cluster' | undefined;
  readonly perNode?: boolean | undefined;
  readonly [field: string]: unknown;
}

/** What a Helm chart leaves in a cluster that has been running for weeks. */
export interface Addon {
  /** Of the release. */
  readonly name: string;
  readonly namespace: string;
  readonly podSecurity: string | null;
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion: string };
  readonly serviceAccounts: readonly string[];
  readonly workloads: readonly AddonWorkload[];
  readonly crds: readonly AddonDefinition[];
  readonly objects: readonly AddonObject[];
}

export function seedAddons(world: World, addons: readonly Addon[]): void {
  for (const addon of addons) {
    seedNamespace(world, addon.namespace, addon.podSecurity);
    for (const name of addon.serviceAccounts) seedServiceAccount(world, addon.namespace, name);
    for (const definition of addon.crds) seedDefinition(world, definition);
    seedWorkloads(world, addon);
    for (const object of addon.objects) seedObjects(world, addon, object);
    seedRelease(world, addon);
  }
}

/** talos@1.12: PodSecurity `baseline` is enforced where a namespace does not say otherwise. */
function seedNamespace(world: World, name: string, podSecurity: string | null): void {
  const known = getObject(world, 'namespaces', name);
  const labels = {
    'kubernetes.io/metadata.name': name,
    ...known?.metadata.labels,
    ...(podSecurity === null ? {} : { 'pod-security.kubernetes.io/enforce': podSecurity }),
  };
  putOld(world, 'namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  if (known === undefined) seedServiceAccount(world, name, 'default');
}

const seedServiceAccount = (world: World, namespace: string, name: string): void =>
  void putOld(world, 'serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });

function seedDefinition(world: World, definition: AddonDefinition): void {
  const { group, kind, plural, scope, version, shortNames, columns } = definition;
  const names = {
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    ...(shortNames.length > 0 ? { shortNames } : {}),
  };
  putOld(world, 'customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names,
      scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
          subresources: { status: {} },
          additionalPrinterColumns: columns.map(({ name, path }) => ({
            name,
            type: 'string',
            jsonPath: `.${path}`,
          })),
        },
      ],
    },
    status: {
      acceptedNames: names,
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
      storedVersions: [version],
    },
  });
}

const SETS = {
  DaemonSet: 'daemonsets',
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
} as const;

/** Without these marks helm takes an object for somebody else's, and upgrades nothing. */
function markOwned(world: World, release: Addon, { kind, name }: AddonWorkload): void {
  const object = getObject(world, SETS[kind], name, release.namespace);
  if (object === undefined) return;
  const { labels, annotations, ...metadata } = object.metadata;
  putObject(world, SETS[kind], {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...annotations,
        'meta.helm.sh/release-name': release.name,
        'meta.helm.sh/release-namespace': release.namespace,
      },
    },
  });
}

function seedWorkloads(world: World, addon: Addon): void {
  const { namespace, workloads } = addon;
  const homes = schedulable(world);
  for (const [index, workload] of workloads.entries()) {
    const { kind } = workload;
    if (kind === 'DaemonSet') seedDaemon(world, { ...workload, namespace });
    else seedApplication(world, { ...workload, kind, namespace }, homes, index);
    markOwned(world, addon, workload);
  }
}

const STORED: Readonly<Record<string, KubeResource>> = {
  StorageClass: 'storageclasses',
  CSIDriver: 'csidrivers',
  Lease: 'leases',
};

function seedObjects(world: World, addon: Addon, object: AddonObject): void {
  const { name, namespace, annotations, scope, perNode, ...fields } = object;
  const definition = addon.crds.find(
    ({ group, kind }) => kind === object.kind && object.apiVersion.startsWith(`${group}/`),
  );
  const resource: KubeResource | undefined =
    definition === undefined ? STORED[object.kind] : `${definition.plural}.${definition.group}`;
  if (resource === undefined) throw new Error(`${addon.name}: nothing defines ${object.kind}.`);
  const isCluster = scope === 'cluster' || definition?.scope === 'Cluster';
  const names = perNode === true ? [...world.nodes.keys()] : [name ?? addon.name];
  for (const each of names) {
    putOld(world, resource, {
      ...(filledIn(world, fields) as typeof fields),
      metadata: {
        name: each,
        ...(isCluster ? {} : { namespace: namespace ?? addon.namespace }),
        ...(annotations === undefined ? {} : { annotations }),
      },
    });
  }
}

/** `$LAN`, `$WORKER` and `$CONTROLPLANE` in texts. */
function filledIn(world: World, value: unknown): unknown {
  if (typeof value === 'string') {
    return value
      .replaceAll('$LAN', world.facts.lanPrefix)
      .replaceAll('$WORKER', schedulable(world)[0]?.hostname ?? '')
      .replaceAll('$CONTROLPLANE', controlPlanes(world)[0]?.hostname ?? '');
  }
  if (Array.isArray(value)) return value.map((each) => filledIn(world, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, filledIn(world, each)]),
  );
}

/** Helm's own record: base64 of gzip of JSON, and once more base64 as every Secret. */
function seedRelease(world: World, { name, namespace, chart }: Addon): void {
  const deployedAt = new Date(world.facts.startedAtMs - 39 * DAY_MS).toISOString();
  const release = {
    name,
    namespace,
    version: 1,
    info: {
      first_deployed: deployedAt,
      last_deployed: deployedAt,
      deleted: '',
      description: 'Install complete',
      status: 'deployed',
    },
    chart: { metadata: { ...chart, apiVersion: 'v2' }, lock: null, templates: [], values: {} },
    config: {},
    manifest: '',
  };
  const inner = gzipSync(JSON.stringify(release)).toString('base64');
  putOld(world, 'secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: `sh.helm.release.v1.${name}.v1`,
      namespace,
      labels: { owner: 'helm', name, status: 'deployed', version: '1' },
    },
    data: { release: Buffer.from(inner).toString('base64') },
  });
}
