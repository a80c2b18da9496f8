import type { World } from '../world/types.js';
import { discoverGroup, discoverResources, discoverRoot } from './api/discovery.js';
import { openApiDocument, openApiIndex } from './api/openapi.js';
import { isTrue } from './api/options.js';
import { parseResourcePath } from './api/path.js';
import { pathNotFound } from './api/status.js';
import { authorizePath } from './api/user.js';
import { health, serverVersion } from './health.js';
import { metrics } from './metrics.js';
import { answerResource } from './resources.js';
import { type ApiRequest, type ApiServer, json, type Reply } from './server-context.js';

/** Everything that one API server says. @throws ApiError */
export async function answer(server: ApiServer, request: ApiRequest): Promise<Reply> {
  const path = parseResourcePath(request.path, server.world);
  if (path !== null) {
    return answerResource(server, request, path, isTrue(request.query.get('watch')));
  }
  authorizePath(request.user, request.method.toLowerCase(), request.path, server.world);
  const reply = fixedReply(server, request);
  if (reply === null) throw pathNotFound();
  return reply;
}

function fixedReply(server: ApiServer, request: ApiRequest): Reply | null {
  const { facts } = server.world;
  const path = request.path.replace(/\/$/, '');
  if (path === '/version') return json(200, serverVersion(facts.kubernetesVersion));
  if (path === '/api' || path === '/apis') {
    const root = path === '/api' ? 'api' : 'apis';
    const { body, contentType } = discoverRoot(server.world, root, request.accept, server.address);
    return { kind: 'json', code: 200, body, contentType };
  }
  if (path === '/metrics') return metrics(server);
  if (path === '/openapi/v3') return json(200, openApiIndex(server.world));
  return (
    health(server, path, request.query) ??
    found(
      path.startsWith('/openapi/v3/')
        ? openApiDocument(path.slice('/openapi/v3/'.length), server.world)
        : discovered(server.world, path),
    )
  );
}

const found = (body: unknown): Reply | null => (body === null ? null : json(200, body));

function discovered(world: World, path: string): unknown {
  const [root, group = '', version, ...more] = path.split('/').slice(1);
  if (more.length > 0) return null;
  if (root === 'api') return version === undefined ? discoverResources(world, '', group) : null;
  if (root !== 'apis') return null;
  return version === undefined
    ? discoverGroup(world, group)
    : discoverResources(world, group, version);
}
