import { isAlive } from '../world/node.js';
import type { LabNode } from '../world/types.js';
import { textAt } from './api/object.js';
import { knownType } from './api/registry.js';
import { serviceUnavailable } from './api/status.js';
import type { WatchCache } from './api/watch-cache.js';
import { type ApiServer, type Reply, text } from './server-context.js';

export const KUBELET_PORT = 10250;

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
export function dialError(server: ApiServer, name: string): string | null {
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
