import type { World } from '../../world/types.js';
import { groupVersion, type ResourceType, servedGroups, servedTypes } from './registry.js';

type Types = readonly ResourceType[];

export interface DiscoveryReply {
  readonly contentType: string;
  readonly body: unknown;
}

const JSON_TYPE = 'application/json';

/**
 * `/api` and `/apis`: aggregated when the client accepts it (kubectl 1.27+), else the old lists that send it on
 * to one resource list per group.
 */
export function discoverRoot(
  world: World,
  root: 'api' | 'apis',
  accept: string,
  address: string,
): DiscoveryReply {
  const types = servedTypes(world);
  const groups = root === 'api' ? [''] : servedGroups(types).filter((group) => group !== '');
  const version = aggregatedVersion(accept);
  if (version !== null) return aggregated(types, groups, version);
  const body =
    root === 'api'
      ? {
          kind: 'APIVersions',
          versions: ['v1'],
          serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
        }
      : {
          kind: 'APIGroupList',
          apiVersion: 'v1',
          groups: groups.map((group) => apiGroup(types, group)),
        };
  return { contentType: JSON_TYPE, body };
}

function aggregatedVersion(accept: string): 'v2' | 'v2beta1' | null {
  const text = accept.replaceAll(' ', '');
  if (!text.includes('as=APIGroupDiscoveryList')) return null;
  return /v=v2(;|,|$)/.test(text) ? 'v2' : 'v2beta1';
}

function aggregated(
  types: Types,
  groups: readonly string[],
  version: 'v2' | 'v2beta1',
): DiscoveryReply {
  return {
    contentType: `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    body: {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map((group) => ({
        metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
        versions: versionsOf(types, group).map((name) => ({
          version: name,
          resources: typesOf(types, group, name).map(aggregatedResource),
          freshness: 'Current',
        })),
      })),
    },
  };
}

const aggregatedResource = (type: ResourceType): unknown => ({
  resource: type.plural,
  responseKind: { group: type.group, version: type.version, kind: type.kind },
  scope: type.isNamespaced ? 'Namespaced' : 'Cluster',
  singularResource: type.kind.toLowerCase(),
  verbs: type.verbs,
  ...names(type),
  subresources: Object.entries(type.subresources).map(([subresource, { kind, verbs, ...own }]) => ({
    subresource,
    responseKind: { group: own.group ?? type.group, version: own.version ?? type.version, kind },
    verbs,
  })),
});

const names = ({ shortNames, categories }: ResourceType): object => ({
  ...(shortNames.length > 0 ? { shortNames } : {}),
  ...(categories.length > 0 ? { categories } : {}),
});

const versionsOf = (types: Types, group: string): readonly string[] => [
  ...new Set(types.filter((type) => type.group === group).map(({ version }) => version)),
];

const typesOf = (types: Types, group: string, version: string): Types =>
  types.filter((type) => type.group === group && type.version === version);

function apiGroup(types: Types, group: string): object {
  const versions = versionsOf(types, group).map((version) => ({
    groupVersion: groupVersion(group, version),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `/apis/GROUP`; null when we do not serve it. */
export function discoverGroup(world: World, group: string): unknown {
  const types = servedTypes(world);
  return group !== '' && servedGroups(types).includes(group)
    ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(types, group) }
    : null;
}

/** `/api/v1` and `/apis/GROUP/VERSION`, with every subresource: drain looks for `pods/eviction` here. */
export function discoverResources(world: World, group: string, version: string): unknown {
  const types = typesOf(servedTypes(world), group, version);
  if (types.length === 0) return null;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(group, version),
    resources: types.flatMap((type) => [
      {
        name: type.plural,
        singularName: type.kind.toLowerCase(),
        namespaced: type.isNamespaced,
        kind: type.kind,
        verbs: type.verbs,
        ...names(type),
      },
      ...Object.entries(type.subresources).map(([name, { kind, verbs, ...own }]) => ({
        name: `${type.plural}/${name}`,
        singularName: '',
        namespaced: type.isNamespaced,
        ...own,
        kind,
        verbs,
      })),
    ]),
  };
}
