import type { KubeObject } from '../../world/types.js';
import { isTrue, selection } from './options.js';
import { groupVersion, type ResourceType } from './registry.js';
import { ApiError, expired, invalid } from './status.js';
import type { CachedChange, WatchCache } from './watch-cache.js';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

export interface WatchRequest {
  readonly cache: WatchCache;
  readonly type: ResourceType;
  readonly query: URLSearchParams;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export interface Watch {
  readonly bookmark: () => void;
  readonly stop: () => void;
}

/**
 * Refuses what the API server refuses before it answers 200.
 * @throws ApiError 422
 */
export function checkWatchOptions({ type, query }: WatchRequest): void {
  const wantsInitial = query.has('sendInitialEvents');
  if (!wantsInitial) return;
  if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
    const cause =
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    throw new ApiError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${cause}`, {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
    });
  }
  if (isTrue(query.get('sendInitialEvents')) && !isTrue(query.get('allowWatchBookmarks'))) {
    throw invalid(
      { ...type, kind: 'ListOptions', group: 'meta.k8s.io' },
      '',
      'allowWatchBookmarks: Forbidden: sendInitialEvents requires allowWatchBookmarks to be true',
    );
  }
}

/**
 * Sends the initial events, then every change until stopped. A resourceVersion that is too old or too new
 * becomes one ERROR event, because the API server has already answered 200 by then (apiserver: newErrWatcher).
 * @returns null when the watch ended with an ERROR event.
 */
export function startWatch(request: WatchRequest, send: (event: WatchEvent) => void): Watch | null {
  const { cache, type, query } = request;
  const matches = selection(type, query, request);
  const since = Number(query.get('resourceVersion') ?? '0');
  const wantsInitial = isTrue(query.get('sendInitialEvents'));
  if (!wantsInitial && since !== 0 && since < cache.oldestRevision) {
    send({ type: 'ERROR', object: expired(since, cache.oldestRevision).body });
    return null;
  }
  const relay = (change: CachedChange): void => {
    const event = selected(change, matches);
    if (event !== null) send(event);
  };
  const isReplay = wantsInitial || since === 0;
  if (isReplay && query.get('sendInitialEvents') !== 'false') {
    for (const object of cache.list(type)) {
      if (matches(object)) send({ type: 'ADDED', object });
    }
  } else if (since !== 0) {
    for (const change of cache.changesSince(type, since)) relay(change);
  }
  if (wantsInitial) send(bookmark(request, { 'k8s.io/initial-events-end': 'true' }));
  return {
    bookmark: () => send(bookmark(request)),
    stop: cache.subscribe(type, relay),
  };
}

/** An object that leaves the selection is DELETED for this watch, one that enters is ADDED. */
function selected(
  change: CachedChange,
  matches: (object: KubeObject) => boolean,
): WatchEvent | null {
  const was = change.previous !== undefined && matches(change.previous);
  const is = change.type !== 'DELETED' && matches(change.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: change.object };
  if (!was) return null;
  // The deleted object is the last one that matched, with the revision of the change.
  const object = {
    ...change.previous,
    metadata: {
      ...change.previous?.metadata,
      resourceVersion: String(change.revision),
    },
  };
  return { type: 'DELETED', object };
}

function bookmark(
  { cache, type }: WatchRequest,
  annotations?: Readonly<Record<string, string>>,
): WatchEvent {
  return {
    type: 'BOOKMARK',
    object: {
      kind: type.kind,
      apiVersion: groupVersion(type.group, type.version),
      metadata: {
        resourceVersion: String(cache.revision),
        creationTimestamp: null,
        ...(annotations === undefined ? {} : { annotations }),
      },
    },
  };
}
