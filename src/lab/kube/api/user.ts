import type { TLSSocket } from 'node:tls';
import { isForbidden } from '../../world/faults.js';
import type { World } from '../../world/types.js';
import { qualifiedName, type ResourceType } from './registry.js';
import { ApiError, unauthorized } from './status.js';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/**
 * Client certificate only: Talos' kubeconfig carries one and anonymous access is off
 * (talos@1.12: control_plane_final.go sets anonymous-auth=false).
 * @throws ApiError 401
 */
export function userOf(socket: TLSSocket): User {
  const { subject } = socket.getPeerCertificate();
  if (!socket.authorized || subject?.CN === undefined) throw unauthorized();
  const groups = [subject.O ?? []].flat();
  return { name: [subject.CN].flat()[0] ?? '', groups: [...groups, 'system:authenticated'] };
}

const isAdmin = ({ groups }: User): boolean => groups.includes('system:masters');

export interface Access {
  readonly user: User;
  readonly verb: string;
  readonly type: ResourceType;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** Everybody may ask about himself (ClusterRole system:basic-user). */
const isAboutOneself = ({ plural }: ResourceType): boolean => plural.startsWith('selfsubject');

export const isAllowed = ({ user, type }: Access, world: World): boolean =>
  isAboutOneself(type) || (isAdmin(user) && !isForbidden(world, 'kube', type.plural));

/** @throws ApiError 403 with the text of the RBAC authorizer. */
export function authorize(access: Access, world: World): void {
  if (isAllowed(access, world)) return;
  const { user, verb, type, subresource, namespace, name } = access;
  const object = name === undefined ? '' : ` "${name}"`;
  const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
  const scope =
    namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw new ApiError(
    403,
    'Forbidden',
    `${qualifiedName(type)}${object} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${type.group}" ${scope}`,
    {
      ...(name === undefined ? {} : { name }),
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
    },
  );
}

/** Discovery, version and health are open to everybody who is authenticated. */
const OPEN_PATHS = /^\/(api|apis|version|healthz|livez|readyz|openapi)(\/|$)/;

/** @throws ApiError 403 */
export function authorizePath(user: User, verb: string, path: string, world: World): void {
  if (world.faults.forbidden.has('kube')) throw pathForbidden(user, verb, path);
  if (isAdmin(user) || OPEN_PATHS.test(path)) return;
  throw pathForbidden(user, verb, path);
}

const pathForbidden = (user: User, verb: string, path: string): ApiError =>
  new ApiError(
    403,
    'Forbidden',
    `forbidden: User "${user.name}" cannot ${verb} path "${path}"`,
    {},
  );
