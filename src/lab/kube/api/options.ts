import type { KubeObject } from '../../world/types.js';
import type { ResourceType } from './registry.js';
import { fieldSelector, labelSelector, type Matches } from './selectors.js';

/** What a list or watch selects: namespace, single name, field and label selectors together. */
export function selection(
  type: ResourceType,
  query: URLSearchParams,
  scope: { readonly namespace?: string | undefined; readonly name?: string | undefined },
): Matches {
  const fields = fieldSelector(type, query.get('fieldSelector') ?? '');
  const labels = labelSelector(query.get('labelSelector') ?? '');
  return (object: KubeObject) =>
    (scope.namespace === undefined || object.metadata.namespace === scope.namespace) &&
    (scope.name === undefined || object.metadata.name === scope.name) &&
    fields(object) &&
    labels(object);
}

export const isTrue = (text: string | null): boolean => text === 'true' || text === '1';
