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

/** From what a manifest says of itself. @throws Failure */
export async function typeOfKind(
  session: Session,
  {
    apiVersion,
    kind,
    metadata,
  }: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
  },
  source: string,
): Promise<KnownType> {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const isMeant = (type: KnownType) =>
    type.kind === kind && type.group === group && type.version === version;
  const found = RESOURCE_TYPES.find(isMeant) ?? (await offeredTypes(session)).find(isMeant);
  if (found !== undefined) return found;
  throw new Failure(
    `error: resource mapping not found for name: ${JSON.stringify(metadata?.name ?? '')} namespace: ${JSON.stringify(metadata?.namespace ?? '')} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`,
  );
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
  const { items } = (await session.json('GET', '/apis', undefined, {
    accept: DISCOVERY,
  })) as Discovery;
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
