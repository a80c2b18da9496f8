import type { KubeObject } from '../world/types.js';
import { decodeBody } from './api/body.js';
import { approvalUpdate } from './api/csr-approval.js';
import { listBody, listPage, rejectFuture } from './api/list.js';
import { type ResourcePath, verbOf } from './api/path.js';
import { internalError, methodNotAllowed, pathNotFound } from './api/status.js';
import { tableOf, wantsTable } from './api/table.js';
import { authorize } from './api/user.js';
import { checkWatchOptions, type WatchRequest } from './api/watch.js';
import { deleteObject } from './deletes.js';
import { viewOf } from './events-v1.js';
import { evict } from './eviction.js';
import { proxyToKubelet } from './nodes-proxy.js';
import { podLog, refuseSession } from './pod-log.js';
import { podWarnings } from './pod-security.js';
import { review } from './reviews.js';
import { answerScale } from './scale.js';
import {
  type ApiRequest,
  type ApiServer,
  isEtcdReachable,
  json,
  pause,
  type Reply,
} from './server-context.js';
import {
  checkIdentity,
  createObject,
  currentObject,
  patchObject,
  replaceObject,
  typedObject,
  write,
} from './writes.js';

/** etcd's own limit for one request: 5 s and two election timeouts (etcd: ReqTimeout). */
const ETCD_TIMEOUT_MS = 7000;

/** Any request below a resource. @throws ApiError */
export async function answerResource(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  isWatch: boolean,
): Promise<Reply> {
  const { type, subresource } = path;
  const verb = verbOf(request.method, path, isWatch);
  authorize({ ...path, user: request.user, verb }, server.world);
  if (subresource !== undefined && type.subresources[subresource] === undefined) {
    throw pathNotFound();
  }
  if (verb === 'watch') return watchReply(server, request, path);
  const body = decodeBody(request.contentType, request.body);
  const oneself = verb === 'create' ? review(server, request, type, body) : null;
  if (oneself !== null) return json(201, oneself);
  if (!isServedFromCache(verb, request)) await needEtcd(server);
  if (subresource !== undefined) return subresourceReply(server, request, path, body);
  if (verb === 'list') return listReply(server, request, path);
  return objectReply(server, request, path, verb, body);
}

/** A list or get that accepts any age (resourceVersion=0) never asks etcd. */
const isServedFromCache = (verb: string, { query }: ApiRequest): boolean =>
  (verb === 'list' || verb === 'get') && query.get('resourceVersion') === '0';

async function needEtcd(server: ApiServer): Promise<void> {
  if (isEtcdReachable(server)) return;
  await pause(server.world, ETCD_TIMEOUT_MS);
  if (!isEtcdReachable(server)) throw internalError('etcdserver: request timed out');
}

function watchReply(server: ApiServer, request: ApiRequest, path: ResourcePath): Reply {
  const watch: WatchRequest = {
    cache: server.cache,
    type: path.type,
    query: request.query,
    namespace: path.namespace,
    name: path.name,
  };
  checkWatchOptions(watch);
  return { kind: 'watch', watch, isTable: wantsTable(request.accept) };
}

function listReply(server: ApiServer, request: ApiRequest, path: ResourcePath): Reply {
  const { type } = path;
  const listing = listPage(server.cache, type, request.query, path.namespace);
  if (wantsTable(request.accept)) {
    return json(200, tableOf(type, listing.items, listing.metadata, server.world.clock.now()));
  }
  const items = listing.items.map((object) => viewOf(type, object));
  return json(200, listBody(type, { ...listing, items }));
}

function objectReply(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  verb: string,
  body: unknown,
): Reply {
  switch (verb) {
    case 'get':
      rejectFuture(server.cache, request.query.get('resourceVersion'));
      return shown(server, request, path, 200, currentObject(server, path));
    case 'create':
      if (path.name !== undefined) throw methodNotAllowed();
      return admitted(server, request, path, 201, createObject(server, path, request, body));
    case 'update':
      return admitted(server, request, path, 200, replaceObject(server, path, request, body));
    case 'patch': {
      const { object, isCreated } = patchObject(server, path, request, body);
      return admitted(server, request, path, isCreated ? 201 : 200, object);
    }
    case 'delete':
      return json(200, deleteObject(server, path, request, body));
    default:
      throw methodNotAllowed();
  }
}

/** What was written, with what admission has to say about it. */
function admitted(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  code: number,
  object: KubeObject,
): Reply {
  const reply = shown(server, request, path, code, object);
  const warnings = path.subresource === undefined ? podWarnings(server, path, object) : [];
  return reply.kind === 'json' && warnings.length > 0 ? { ...reply, warnings } : reply;
}

function shown(
  server: ApiServer,
  request: ApiRequest,
  { type }: ResourcePath,
  code: number,
  object: KubeObject,
): Reply {
  if (!wantsTable(request.accept)) return json(code, viewOf(type, object));
  const metadata = { resourceVersion: object.metadata.resourceVersion };
  return json(code, tableOf(type, [object], metadata, server.world.clock.now()));
}

function subresourceReply(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  body: unknown,
): Reply {
  const { name = '', subresource } = path;
  const verb = verbOf(request.method, path, false);
  const current = currentObject(server, path);
  switch (subresource) {
    case 'proxy':
      return proxyToKubelet(server, name, path.rest);
    case 'log':
      return podLog(server, current, request.query);
    case 'attach':
    case 'exec':
    case 'portforward':
      return refuseSession(server, current);
    case 'eviction':
      if (verb !== 'create') throw methodNotAllowed();
      return evict(server, request, body, current);
    case 'approval':
      return verb === 'get'
        ? json(200, current)
        : json(200, approve(server, request, path, current, body));
    case 'scale':
      return answerScale(server, request, path, verb, current, body);
    case 'status':
      return objectReply(server, request, path, verb, body);
    default:
      throw pathNotFound();
  }
}

function approve(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  current: KubeObject,
  body: unknown,
): KubeObject {
  if (request.method !== 'PUT') throw methodNotAllowed();
  const update = typedObject(path, body);
  checkIdentity(path, current, update);
  const next = approvalUpdate(path.type, current, update, server.world.clock.now());
  return write(server, path, request, next, current);
}
