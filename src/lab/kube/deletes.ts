import { isEtcdWritable } from '../world/etcd.js';
import { listObjects, putObject, removeObject } from '../world/kube-store.js';
import type { KubeObject } from '../world/types.js';
import { fieldAt, textAt, timestamp } from './api/object.js';
import type { ResourcePath } from './api/path.js';
import { knownType } from './api/registry.js';
import {
  conflict,
  internalError,
  methodNotAllowed,
  successStatus,
  uidMismatch,
} from './api/status.js';
import type { ApiRequest, ApiServer } from './server-context.js';
import { currentObject, isDryRun } from './writes.js';

/** @throws ApiError 404, 405, 409, 500 */
export function deleteObject(
  server: ApiServer,
  path: ResourcePath,
  request: ApiRequest,
  body: unknown,
): unknown {
  const current = currentObject(server, path);
  const { type } = path;
  const { uid, name, namespace } = current.metadata;
  const wantedUid = textAt(body, 'preconditions.uid');
  if (wantedUid !== '' && wantedUid !== uid) throw uidMismatch(type, name, wantedUid, uid);
  const wantedRevision = textAt(body, 'preconditions.resourceVersion');
  if (wantedRevision !== '' && wantedRevision !== current.metadata.resourceVersion) {
    throw conflict(type, name);
  }
  if (type.storedAs === null) throw methodNotAllowed();
  const details = {
    name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.plural,
    uid,
  };
  if (isDryRun(request) || Array.isArray(fieldAt(body, 'dryRun')))
    return successStatus(200, details);
  if (!isEtcdWritable(server.world))
    throw internalError('etcdserver: mvcc: database space exceeded');
  if (type.plural === 'pods' && fieldAt(body, 'gracePeriodSeconds') !== 0) {
    return terminatePod(server, current);
  }
  removeObject(server.world, type.storedAs, name, namespace);
  if (type.group === 'apps' && !isOrphaning(request, body)) collectOwned(server, uid);
  if (type.plural === 'namespaces') emptyNamespace(server, name);
  return successStatus(200, details);
}

/** namespace controller: nothing outlives its namespace, and what owns comes first, so that nothing is made anew. */
function emptyNamespace({ world }: ApiServer, namespace: string): void {
  const resources = [...world.kube.objects.keys()].sort(
    (a, b) => Number(a === 'pods') - Number(b === 'pods'),
  );
  for (const resource of resources) {
    for (const { metadata } of listObjects(world, resource)) {
      if (metadata.namespace === namespace) {
        removeObject(world, resource, metadata.name, namespace);
      }
    }
  }
}

const isOrphaning = ({ query }: ApiRequest, body: unknown): boolean =>
  (query.get('propagationPolicy') ?? textAt(body, 'propagationPolicy')) === 'Orphan' ||
  fieldAt(body, 'orphanDependents') === true;

/** garbage collector: what nobody owns any more goes after its owner. */
function collectOwned(server: ApiServer, uid: string): void {
  const { world } = server;
  const isOwned = ({ metadata }: KubeObject): boolean =>
    metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
  for (const set of listObjects(world, 'replicasets').filter(isOwned)) {
    removeObject(world, 'replicasets', set.metadata.name, set.metadata.namespace);
    collectOwned(server, set.metadata.uid);
  }
  for (const pod of listObjects(world, 'pods').filter(isOwned)) terminatePod(server, pod);
}

/** How long a container of the lab needs to end after SIGTERM. */
const TERMINATION_MS = 1500;

export function terminatePod({ world, cache }: ApiServer, pod: KubeObject): KubeObject {
  if (pod.metadata.deletionTimestamp !== undefined) return pod;
  const { resourceVersion: _replaced, ...metadata } = pod.metadata;
  const { name, namespace, uid } = metadata;
  const terminating = putObject(world, 'pods', {
    ...pod,
    metadata: {
      ...metadata,
      deletionTimestamp: timestamp(world.clock.now()),
      deletionGracePeriodSeconds: 30,
    },
  });
  world.clock.after(TERMINATION_MS, () => {
    if (cache.get(knownType('pods'), namespace, name)?.metadata.uid === uid) {
      removeObject(world, 'pods', name, namespace);
    }
  });
  return terminating;
}
