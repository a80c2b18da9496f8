import { fieldAt, isJsonObject, textAt } from './api/object.js';
import { type ResourceType, resourceType } from './api/registry.js';
import { isAllowed } from './api/user.js';
import type { ApiRequest, ApiServer } from './server-context.js';

/** The three reviews of oneself; null for any other type. */
export function review(
  server: ApiServer,
  request: ApiRequest,
  type: ResourceType,
  body: unknown,
): unknown {
  const given = {
    apiVersion: `${type.group}/${type.version}`,
    kind: type.kind,
    metadata: { creationTimestamp: null },
    ...(isJsonObject(body) ? body : {}),
  };
  switch (type.plural) {
    case 'selfsubjectreviews':
      return {
        ...given,
        status: { userInfo: { username: request.user.name, groups: request.user.groups } },
      };
    case 'selfsubjectaccessreviews': {
      const allowed = isReviewAllowed(server, request, body);
      return { ...given, status: { allowed, ...(allowed ? { reason: '' } : {}) } };
    }
    case 'selfsubjectrulesreviews':
      return { ...given, status: rules(request) };
    default:
      return null;
  }
}

function isReviewAllowed({ world }: ApiServer, { user }: ApiRequest, body: unknown): boolean {
  const attributes = fieldAt(body, 'spec.resourceAttributes');
  const isAdmin = user.groups.includes('system:masters');
  if (attributes === undefined) return isAdmin && !world.faults.forbidden.has('kube');
  const type = resourceType(
    textAt(attributes, 'group'),
    textAt(attributes, 'version') || 'v1',
    textAt(attributes, 'resource'),
    world,
  );
  // A resource that we do not serve, such as `signers`, is still covered by an administrator's wildcard.
  if (type === undefined) return isAdmin && !world.faults.forbidden.has('kube');
  return isAllowed({ user, verb: textAt(attributes, 'verb'), type }, world);
}

function rules({ user }: ApiRequest): unknown {
  const everything = user.groups.includes('system:masters');
  return {
    resourceRules: everything ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
    nonResourceRules: everything
      ? [{ verbs: ['*'], nonResourceURLs: ['*'] }]
      : [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version'] }],
    incomplete: false,
  };
}
