import { isAlive } from '../world/node.js';
import type { LabNode } from '../world/types.js';
import { isJsonObject, listAt, textAt } from './api/object.js';
import { knownType } from './api/registry.js';
import { ApiError, internalError, serviceUnavailable } from './api/status.js';
import type { WatchCache } from './api/watch-cache.js';
import { type ApiServer, type Reply, text } from './server-context.js';

const KUBELET_PORT = 10250;

/** A kubelet whose serving CSR was never approved answers every TLS hello with an alert. */
export function hasServingCertificate(cache: WatchCache, node: LabNode): boolean {
  if (node.servingRequest === null) return true;
  const csr = cache.get(
    knownType('certificatesigningrequests'),
    undefined,
    node.servingRequest.name,
  );
  return textAt(csr, 'status.certificate') !== '';
}

/** What dialling the kubelet gives, in Go's words; null = it answers. */
function dialError(server: ApiServer, name: string): string | null {
  const node = server.world.nodes.get(name);
  if (node === undefined) return `dial tcp: lookup ${name}: no such host`;
  if (!isAlive(node)) return `dial tcp ${node.address}:${KUBELET_PORT}: connect: no route to host`;
  if (node.services.get('kubelet')?.state !== 'Running') {
    return `dial tcp ${node.address}:${KUBELET_PORT}: connect: connection refused`;
  }
  return hasServingCertificate(server.cache, node) ? null : 'remote error: tls: internal error';
}

/** `GET /api/v1/nodes/NAME/proxy/healthz`. @throws ApiError 404, 503 */
export function proxyToKubelet(server: ApiServer, name: string, path: string): Reply {
  const error = dialError(server, name);
  if (error !== null) throw serviceUnavailable(`error trying to reach service: ${error}`);
  if (path === '/healthz' || path === '/healthz/') return text(200, 'ok');
  return text(404, '404 page not found\n');
}

/** Log of one container: what kubectl logs and the console's own reader get. @throws ApiError 400, 500 */
export function podLog(
  server: ApiServer,
  pod: Readonly<Record<string, unknown>>,
  query: URLSearchParams,
): Reply {
  const name = textAt(pod, 'metadata.name');
  const namespace = textAt(pod, 'metadata.namespace');
  const containers = listAt(pod, 'spec.containers').filter(isJsonObject);
  const container = query.get('container') ?? textAt(containers[0], 'name');
  if (!containers.some((candidate) => textAt(candidate, 'name') === container)) {
    throw new ApiError(400, 'BadRequest', `container ${container} is not valid for pod ${name}`);
  }
  const nodeName = textAt(pod, 'spec.nodeName');
  const error = dialError(server, nodeName);
  if (error !== null) {
    const address = server.world.nodes.get(nodeName)?.address ?? nodeName;
    throw internalError(
      `Get "https://${address}:${KUBELET_PORT}/containerLogs/${namespace}/${name}/${container}": ${error}`,
    );
  }
  const startedAt = textAt(pod, 'status.startTime') || textAt(pod, 'metadata.creationTimestamp');
  const prefix = query.get('timestamps') === 'true' ? `${startedAt} ` : '';
  return text(200, `${prefix}${container} started\n`);
}
