import { GROUPS, groupVersion, RESOURCE_TYPES } from './registry.js';

/** Path of one group version in OpenAPI v3: `api/v1`, `apis/apps/v1`. */
const documentName = (group: string): string =>
  group === '' ? 'api/v1' : `apis/${groupVersion(group, 'v1')}`;

export const openApiIndex = (): unknown => ({
  paths: Object.fromEntries(
    GROUPS.map((group) => [
      documentName(group),
      { serverRelativeURL: `/openapi/v3/${documentName(group)}?hash=LAB` },
    ]),
  ),
});

/**
 * kubectl apply and create look only for a patch operation that names the kind and takes `fieldValidation`: then
 * they leave validation to the server. @returns null for a group that we do not serve.
 */
export function openApiDocument(name: string, gitVersion: string): unknown {
  const group = GROUPS.find((candidate) => documentName(candidate) === name);
  if (group === undefined) return null;
  const paths = RESOURCE_TYPES.filter((type) => type.group === group).map((type) => [
    `/${name}${type.isNamespaced ? '/namespaces/{namespace}' : ''}/${type.plural}/{name}`,
    {
      patch: {
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': {
          group: type.group,
          version: type.version,
          kind: type.kind,
        },
        parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
        responses: {},
      },
    },
  ]);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: gitVersion },
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  };
}
