import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isEtcdWritable } from '../world/etcd.js';
import { type KubeDraft, putObject } from '../world/kube-store.js';
import type { KubeMetadata, KubeObject, World } from '../world/types.js';
import { establishedStatus } from './api/custom-types.js';
import { asObject, isJsonObject, type JsonObject, textAt, timestamp } from './api/object.js';
import { jsonPatch, mergePatch, strategicMergePatch } from './api/patch.js';
import type { ResourcePath } from './api/path.js';
import { groupVersion, knownType } from './api/registry.js';
import {
  alreadyExists,
  badRequest,
  conflict,
  internalError,
  invalid,
  methodNotAllowed,
  notFound,
  uidMismatch,
  unsupportedMediaType,
} from './api/status.js';
import { admit } from './pod-security.js';
import type { ApiRequest, ApiServer } from './server-context.js';

/** Characters of generated names (k8s.io/apimachinery rand): none that can spell a word. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export const isDryRun = ({ query }: ApiRequest): boolean => query.get('dryRun') === 'All';

/** @throws ApiError 404 */
export function currentObject(
  server: ApiServer,
  { type, namespace, name }: ResourcePath,
): KubeObject {
  const found = server.cache.get(type, namespace, name ?? '');
  if (found === undefined) throw notFound(type, name ?? '');
  return found;
}

/** @throws ApiError 400, 404, 405, 409, 500 */
export function createObject(
  server: ApiServer,
  path: ResourcePath,
  request: ApiRequest,
  body: unknown,
): KubeObject {
  const { type, namespace } = path;
  const given = typedObject(path, body);
  const generateName = textAt(given, 'metadata.generateName');
  const name =
    textAt(given, 'metadata.name') ||
    (generateName === '' ? '' : generateName + server.world.random.text(5, NAME_ALPHABET));
  if (name === '') throw badRequest('name or generateName is required');
  checkNamespace(given, namespace);
  if (
    namespace !== undefined &&
    server.cache.get(knownType('namespaces'), undefined, namespace) === undefined
  ) {
    throw notFound(knownType('namespaces'), namespace);
  }
  if (server.cache.get(type, namespace, name) !== undefined) throw alreadyExists(type, name);
  const metadata = { ...given.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  const completed = defaults(server.world, path, request, { ...given, metadata });
  return write(server, path, request, completed, undefined);
}

/** From the default service network, 10.96.0.0/12; helm 3 waits until a Service has one. */
const freeClusterIp = ({ random }: World): string =>
  `10.96.${random.int(1, 254)}.${random.int(1, 254)}`;

/** What the API server fills in when an object is created. */
function defaults(
  world: World,
  { type }: ResourcePath,
  { user }: ApiRequest,
  object: JsonObject & { readonly metadata: JsonObject },
): JsonObject {
  const { uid: _uid, resourceVersion: _rv, creationTimestamp: _at, ...metadata } = object.metadata;
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const named = {
    ...object,
    apiVersion: groupVersion(type.group, type.version),
    kind: type.kind,
    metadata,
  };
  switch (type.plural) {
    case 'namespaces': {
      const labels = isJsonObject(metadata.labels) ? metadata.labels : {};
      return {
        ...named,
        metadata: {
          ...metadata,
          labels: { 'kubernetes.io/metadata.name': metadata.name, ...labels },
        },
        spec: { finalizers: ['kubernetes'], ...spec },
        status: { phase: 'Active' },
      };
    }
    case 'certificatesigningrequests':
      // Who asks is a fact, not a claim.
      return { ...named, spec: { ...spec, username: user.name, groups: user.groups }, status: {} };
    case 'pods':
      return {
        ...named,
        status: { phase: 'Pending', ...(isJsonObject(object.status) ? object.status : {}) },
      };
    case 'services':
      return { ...named, spec: { clusterIP: freeClusterIp(world), type: 'ClusterIP', ...spec } };
    case 'customresourcedefinitions':
      return { ...named, status: establishedStatus(spec) };
    default:
      return named;
  }
}

/** @throws ApiError 400, 404, 409 */
export function replaceObject(
  server: ApiServer,
  path: ResourcePath,
  request: ApiRequest,
  body: unknown,
): KubeObject {
  const current = currentObject(server, path);
  const next = typedObject(path, body);
  checkIdentity(path, current, next);
  return write(server, path, request, keepOtherHalf(path, current, next), current);
}

/** @throws ApiError 400, 404, 409, 415, 422 */
export function patchObject(
  server: ApiServer,
  path: ResourcePath,
  request: ApiRequest,
  body: unknown,
): { readonly object: KubeObject; readonly isCreated: boolean } {
  const kind = request.contentType.split(';')[0]?.trim();
  const current = server.cache.get(path.type, path.namespace, path.name ?? '');
  if (current === undefined) {
    if (kind !== 'application/apply-patch+yaml') throw notFound(path.type, path.name ?? '');
    return { object: createObject(server, path, request, body), isCreated: true };
  }
  const next = asObject(patched(kind, current, body));
  checkIdentity(path, current, next);
  const object = write(server, path, request, keepOtherHalf(path, current, next), current);
  return { object, isCreated: false };
}

export function patched(kind: string | undefined, current: JsonObject, patch: unknown): unknown {
  switch (kind) {
    case 'application/json-patch+json':
      return jsonPatch(current, patch);
    case 'application/merge-patch+json':
      return mergePatch(current, patch);
    case 'application/strategic-merge-patch+json':
    case 'application/apply-patch+yaml':
      return strategicMergePatch(current, patch);
    default:
      throw unsupportedMediaType();
  }
}

/** The status belongs to …/status, everything else to the object itself. */
function keepOtherHalf(
  { type, subresource }: ResourcePath,
  current: KubeObject,
  next: JsonObject,
): JsonObject {
  if (type.subresources.status === undefined) return next;
  return subresource === 'status'
    ? { ...current, status: next.status }
    : { ...next, status: current.status };
}

/** A complete object of this type. @throws ApiError 400 */
export function typedObject(
  { type }: ResourcePath,
  body: unknown,
): JsonObject & { readonly metadata: JsonObject } {
  const object = asObject(body);
  const kind = textAt(object, 'kind');
  if (kind === '') throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  const version = groupVersion(type.group, type.version);
  if (kind !== type.kind || textAt(object, 'apiVersion') !== version) {
    throw badRequest(
      `${kind} in version "${textAt(object, 'apiVersion')}" cannot be handled as a ${type.kind}`,
    );
  }
  return object;
}

/** @throws ApiError 400, 409, 422 */
export function checkIdentity(
  { type, namespace, name }: ResourcePath,
  current: KubeObject,
  next: JsonObject,
): void {
  const bodyName = textAt(next, 'metadata.name');
  if (bodyName === '') {
    throw badRequest(
      'the name of the object (based on URL) was undeterminable: name must be provided',
    );
  }
  if (bodyName !== name) {
    throw badRequest(
      `the name of the object (${bodyName}) does not match the name on the URL (${name})`,
    );
  }
  checkNamespace(next, namespace);
  const uid = textAt(next, 'metadata.uid');
  if (uid !== '' && uid !== current.metadata.uid) {
    throw uidMismatch(type, current.metadata.name, uid, current.metadata.uid);
  }
  const revision = textAt(next, 'metadata.resourceVersion');
  // Leader election depends on it (leaseStrategy.AllowUnconditionalUpdate).
  if (revision === '' && type.plural === 'leases') {
    throw invalid(
      type,
      current.metadata.name,
      'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
  }
  if (revision !== '' && revision !== current.metadata.resourceVersion) {
    throw conflict(type, current.metadata.name);
  }
}

function checkNamespace(object: JsonObject, namespace: string | undefined): void {
  const given = textAt(object, 'metadata.namespace');
  if (given !== '' && given !== (namespace ?? '')) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
}

/** What a body may leave out and cannot change: helm's typed client sends no namespace (rest.BeforeUpdate). */
const identityOf = ({ metadata }: KubeObject) => ({
  resourceVersion: metadata.resourceVersion,
  uid: metadata.uid,
  creationTimestamp: metadata.creationTimestamp,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
});

/** A trial of a creation tells everything but a resourceVersion. */
const asIfCreated = (world: World, draft: KubeObject): KubeObject => ({
  ...draft,
  metadata: {
    ...draft.metadata,
    uid: randomUUID(),
    creationTimestamp: timestamp(world.clock.now()),
  },
});

const isWorkload = ({ type }: ResourcePath): boolean => type.group === 'apps';

/** Controllers see by it that something else is wanted (apps: Strategy.PrepareForUpdate). */
function generationOf(
  path: ResourcePath,
  next: JsonObject,
  current: KubeObject | undefined,
): { readonly generation?: number } {
  if (!isWorkload(path)) return {};
  if (current === undefined) return { generation: 1 };
  const { generation = 1 } = current.metadata;
  return { generation: generation + (isDeepStrictEqual(next.spec, current.spec) ? 0 : 1) };
}

/** An unchanged object keeps its resourceVersion, as in the real store. @throws ApiError 405, 500 */
export function write(
  server: ApiServer,
  path: ResourcePath,
  request: ApiRequest,
  next: JsonObject,
  current: KubeObject | undefined,
): KubeObject {
  const { world } = server;
  const { type } = path;
  if (type.storedAs === null) throw methodNotAllowed();
  if (!isEtcdWritable(world)) throw internalError('etcdserver: mvcc: database space exceeded');
  if (current === undefined || type.plural === 'namespaces') admit(server, path, next);
  const metadata = isJsonObject(next.metadata) ? next.metadata : {};
  const draft = {
    ...next,
    metadata: {
      ...metadata,
      ...(current === undefined ? {} : identityOf(current)),
      ...generationOf(path, next, current),
    },
    ...(isWorkload(path) && current !== undefined ? { status: current.status } : {}),
  } as unknown as KubeObject;
  if (current !== undefined && isDeepStrictEqual(draft, current)) return current;
  if (isDryRun(request)) return current === undefined ? asIfCreated(world, draft) : draft;
  const { resourceVersion: _replaced, ...kept } = draft.metadata as KubeMetadata;
  return putObject(world, type.storedAs, { ...draft, metadata: kept } as KubeDraft);
}
