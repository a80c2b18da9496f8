import type { KubeObject } from '../../world/types.js';
import { objectKey } from './object.js';
import { selection } from './options.js';
import { groupVersion, type ResourceType } from './registry.js';
import { ApiError, badRequest } from './status.js';
import type { WatchCache } from './watch-cache.js';

export interface Listing {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
}

interface Continuation {
  readonly revision: number;
  /** Key of the last object of the page before. */
  readonly after: string;
}

/**
 * One page of a list. Later pages show the cluster as it was at the first one, as the API server does.
 * @throws ApiError 400, 410, 504
 */
export function listPage(
  cache: WatchCache,
  type: ResourceType,
  query: URLSearchParams,
  namespace?: string,
): Listing {
  const token = continuation(cache, query);
  rejectFuture(cache, query.get('resourceVersion'));
  const matches = selection(type, query, { namespace });
  const revision = token?.revision ?? cache.revision;
  const all = (token === null ? cache.list(type) : cache.listAt(type, revision)).filter(matches);
  const rest = token === null ? all : all.filter((object) => objectKey(object) > token.after);
  const limit = Number(query.get('limit') ?? '0');
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const remaining = rest.length - items.length;
  if (remaining === 0 || last === undefined) {
    return { metadata: { resourceVersion: String(revision) }, items };
  }
  // The API server counts what remains only when nothing was selected away.
  const isCounted = !query.get('fieldSelector') && !query.get('labelSelector');
  return {
    metadata: {
      resourceVersion: String(revision),
      continue: encode({ revision, after: objectKey(last) }),
      ...(isCounted ? { remainingItemCount: remaining } : {}),
    },
    items,
  };
}

/** `XList` as the API server sends it: its items carry neither kind nor apiVersion. */
export const listBody = (type: ResourceType, listing: Listing): unknown => ({
  kind: `${type.kind}List`,
  apiVersion: groupVersion(type.group, type.version),
  metadata: listing.metadata,
  items: listing.items.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest),
});

/** A resourceVersion that no object can have yet. */
export function rejectFuture(cache: WatchCache, text: string | null): void {
  const wanted = Number(text ?? '0');
  if (Number.isNaN(wanted)) {
    throw badRequest(
      `invalid resource version: strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  }
  if (wanted > cache.revision) {
    throw new ApiError(
      504,
      'Timeout',
      `Too large resource version: ${wanted}, current: ${cache.revision}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    );
  }
}

function continuation(cache: WatchCache, query: URLSearchParams): Continuation | null {
  const text = query.get('continue');
  if (text === null || text === '') return null;
  if (query.get('resourceVersion')) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const token = decode(text);
  if (token.revision < cache.oldestRevision) {
    throw new ApiError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return token;
}

const encode = ({ revision, after }: Continuation): string =>
  Buffer.from(
    JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\u0000` }),
  ).toString('base64url');

function decode(text: string): Continuation {
  const [, revision, after] =
    /^\{"v":"meta\.k8s\.io\/v1","rv":(\d+),"start":"(.*)\\u0000"\}$/.exec(
      Buffer.from(text, 'base64url').toString(),
    ) ?? [];
  if (revision === undefined || after === undefined) {
    throw badRequest('continue key is not valid: illegal base64 data');
  }
  return { revision: Number(revision), after };
}
