import { qualifiedName, RESOURCE_TYPES, type ResourceType } from '../../kube/api/registry.js';
import { DISCOVERY } from './discovery.js';
import { Failure } from './failure.js';
import type { Session } from './session.js';

/** What an object is called and where it is. */
export type KnownType = Pick<
  ResourceType,
  'group' | 'version' | 'plural' | 'kind' | 'isNamespaced' | 'shortNames' | 'verbs'
>;

/** From a word as an operator types it: those that every cluster has, then what this server offers. @throws Failure */
export function typeFinder(session: Session): (word: string) => Promise<KnownType> {
  let offered: readonly KnownType[] | null = null;
  return async (word) => {
    const known = named(RESOURCE_TYPES, word);
    if (known !== undefined) return known;
    offered ??= await offeredTypes(session);
    const found = named(offered, word);
    if (found !== undefined) return found;
    throw new Failure(`error: the server doesn't have a resource type "${word}"`);
  };
}

const named = (types: readonly KnownType[], word: string): KnownType | undefined =>
  types.find(
    (type) =>
      [type.plural, type.kind.toLowerCase(), qualifiedName(type), ...type.shortNames].includes(
        word.toLowerCase(),
      ) && type.verbs.includes('list'),
  );

interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: string;
        readonly shortNames?: readonly string[];
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

async function offeredTypes(session: Session): Promise<readonly KnownType[]> {
  const { items } = (await session.json('GET', '/apis', undefined, DISCOVERY)) as Discovery;
  return items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((resource) => ({
        group: metadata.name,
        version,
        plural: resource.resource,
        kind: resource.responseKind.kind,
        isNamespaced: resource.scope === 'Namespaced',
        shortNames: resource.shortNames ?? [],
        verbs: resource.verbs,
      })),
    ),
  );
}
