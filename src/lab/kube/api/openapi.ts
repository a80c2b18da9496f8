import type { World } from '../../world/types.js';
import { groupVersion, type ResourceType, servedTypes } from './registry.js';

/** Path of one group version in OpenAPI v3: `api/v1`, `apis/apps/v1`. */
const documentName = ({ group, version }: ResourceType): string =>
  group === '' ? `api/${version}` : `apis/${groupVersion(group, version)}`;

export const openApiIndex = (world: World): unknown => ({
  paths: Object.fromEntries(
    servedTypes(world).map((type) => [
      documentName(type),
      { serverRelativeURL: `/openapi/v3/${documentName(type)}?hash=LAB` },
    ]),
  ),
});

/**
 * kubectl apply and create look only for a patch operation that names the kind and takes `fieldValidation`: then
 * they leave validation to the server. @returns null for a group that we do not serve.
 */
export function openApiDocument(name: string, world: World): unknown {
  const types = servedTypes(world).filter((type) => documentName(type) === name);
  if (types.length === 0) return null;
  const paths = types.map((type) => [
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
    info: { title: 'Kubernetes', version: world.facts.kubernetesVersion },
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  };
}
