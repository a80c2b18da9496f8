import type { KubeObject, World } from '../../world/types.js';
import { fieldAt, isJsonObject, listAt, textAt } from './object.js';
import type { ResourceType, Subresource } from './registry.js';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** Objects are replaced on every write, so what was read from one stays true of it. */
const known = new WeakMap<KubeObject, readonly ResourceType[]>();

/** The types of every CustomResourceDefinition, one per served version. */
export function customTypes(world: World): readonly ResourceType[] {
  const definitions = world.kube.objects.get('customresourcedefinitions');
  if (definitions === undefined || definitions.size === 0) return [];
  return [...definitions.values()].flatMap((definition) => {
    const types = known.get(definition) ?? typesOf(definition);
    known.set(definition, types);
    return types;
  });
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

function typesOf(definition: KubeObject): readonly ResourceType[] {
  const group = textAt(definition, 'spec.group');
  const plural = textAt(definition, 'spec.names.plural');
  const kind = textAt(definition, 'spec.names.kind');
  return listAt(definition, 'spec.versions')
    .filter((version) => fieldAt(version, 'served') !== false)
    .map((version) => ({
      group,
      version: textAt(version, 'name'),
      plural,
      kind,
      isNamespaced: textAt(definition, 'spec.scope') === 'Namespaced',
      shortNames: texts(fieldAt(definition, 'spec.names.shortNames')),
      categories: texts(fieldAt(definition, 'spec.names.categories')),
      verbs: VERBS,
      subresources: subresourcesOf(kind, version),
      selectableFields: [],
      storedAs: `${plural}.${group}` as const,
      columns: listAt(version, 'additionalPrinterColumns').map((column) => ({
        name: textAt(column, 'name'),
        path: textAt(column, 'jsonPath').replace(/^\./, ''),
      })),
    }));
}

const subresourcesOf = (kind: string, version: unknown): Record<string, Subresource> =>
  isJsonObject(fieldAt(version, 'subresources.status'))
    ? { status: { kind, verbs: ['get', 'patch', 'update'] } }
    : {};

/** The controllers of the API server accept a definition at once. */
export const establishedStatus = (spec: unknown): object => ({
  acceptedNames: fieldAt(spec, 'names') ?? {},
  conditions: [
    { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ],
  storedVersions: listAt(spec, 'versions')
    .filter((version) => fieldAt(version, 'storage') === true)
    .map((version) => textAt(version, 'name')),
});
