import type { KubeObject } from '../world/types.js';
import { asObject, fieldAt, isJsonObject, type JsonObject } from './api/object.js';
import type { ResourcePath } from './api/path.js';
import { badRequest, conflict, invalid, methodNotAllowed } from './api/status.js';
import { type ApiRequest, type ApiServer, json, type Reply } from './server-context.js';
import { patched, write } from './writes.js';

/** …/deployments/D/scale: an autoscaling/v1 Scale, whatever it scales. @throws ApiError 400, 405, 409, 422 */
export function answerScale(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  verb: string,
  current: KubeObject,
  body: unknown,
): Reply {
  const scale = scaleOf(current);
  switch (verb) {
    case 'get':
      return json(200, scale);
    case 'update':
      return json(200, scaled(server, request, path, current, asObject(body)));
    case 'patch': {
      const kind = request.contentType.split(';')[0]?.trim();
      const next = asObject(patched(kind, scale, body));
      return json(200, scaled(server, request, path, current, next));
    }
    default:
      throw methodNotAllowed();
  }
}

function scaled(
  server: ApiServer,
  request: ApiRequest,
  path: ResourcePath,
  current: KubeObject,
  next: JsonObject,
): object {
  if (next.kind !== 'Scale') throw badRequest(`cannot be handled as a Scale: ${String(next.kind)}`);
  const revision = fieldAt(next, 'metadata.resourceVersion');
  if (typeof revision === 'string' && revision !== current.metadata.resourceVersion) {
    throw conflict(path.type, current.metadata.name);
  }
  const replicas = fieldAt(next, 'spec.replicas') ?? 0;
  if (typeof replicas !== 'number' || replicas < 0) {
    throw invalid(
      path.type,
      current.metadata.name,
      `spec.replicas: Invalid value: ${String(replicas)}: must be greater than or equal to 0`,
    );
  }
  const spec = { ...(current.spec as object), replicas };
  const own = { ...path, subresource: undefined };
  return scaleOf(write(server, own, request, { ...current, spec }, current));
}

const numberAt = (object: KubeObject, at: string): number => Number(fieldAt(object, at) ?? 0);

function scaleOf(object: KubeObject): JsonObject & { readonly metadata: JsonObject } {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = fieldAt(object, 'spec.selector.matchLabels');
  const selector = Object.entries(isJsonObject(labels) ? labels : {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .toSorted()
    .join(',');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: Number(fieldAt(object, 'spec.replicas') ?? 1) },
    status: { replicas: numberAt(object, 'status.replicas'), selector },
  };
}
