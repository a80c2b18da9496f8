import type { World } from '../../world/types.js';
import { type ResourceType, resourceType } from './registry.js';

export interface ResourcePath {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** What follows the subresource: the path that `nodes/NAME/proxy` forwards. */
  readonly rest: string;
}

/**
 * `/api/v1/nodes/a/proxy/healthz`, `/apis/GROUP/VERSION/namespaces/NS/leases/x`, …
 * @returns null when it names no resource that we serve.
 */
export function parseResourcePath(path: string, world: World): ResourcePath | null {
  const parts = path.split('/').slice(1).map(decode);
  const [root, ...others] = parts;
  if (root === 'api') return inGroup(world, '', others[0] ?? '', others.slice(1));
  if (root === 'apis') return inGroup(world, others[0] ?? '', others[1] ?? '', others.slice(2));
  return null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const NAMESPACE_SUBRESOURCES = ['status', 'finalize'];

function inGroup(
  world: World,
  group: string,
  version: string,
  parts: readonly string[],
): ResourcePath | null {
  const [first, second, third] = parts;
  const isScoped =
    first === 'namespaces' &&
    second !== undefined &&
    third !== undefined &&
    !NAMESPACE_SUBRESOURCES.includes(third);
  const namespace = isScoped ? second : undefined;
  const [plural = '', name, subresource, ...rest] = isScoped ? parts.slice(2) : parts;
  const type = resourceType(group, version, plural, world);
  if (type === undefined) return null;
  return {
    type,
    namespace,
    name: name === '' ? undefined : name,
    subresource,
    rest: `/${rest.join('/')}`,
  };
}

/** The authorizer's verb. */
export function verbOf(method: string, path: ResourcePath, isWatch: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (path.name !== undefined && !isWatch) return 'get';
      return isWatch ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === undefined ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}
