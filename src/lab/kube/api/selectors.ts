import type { KubeObject } from '../../world/types.js';
import { fieldAt } from './object.js';
import type { ResourceType } from './registry.js';
import { badRequest } from './status.js';

export type Matches = (object: KubeObject) => boolean;

/** @throws ApiError 400 on a field that this type cannot be selected by, as the API server answers. */
export function fieldSelector(type: ResourceType, text: string): Matches {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => fieldTerm(type, term));
  return (object) => terms.every((matches) => matches(object));
}

function fieldTerm(type: ResourceType, term: string): Matches {
  const [, path = '', operator, wanted = ''] = /^([^!=]+)(!=|==?)(.*)$/.exec(term) ?? [];
  if (operator === undefined) {
    throw badRequest(
      `unable to parse requirement: invalid selector: '${term}'; can't understand '${term}'`,
    );
  }
  const isKnown =
    path === 'metadata.name' ||
    (path === 'metadata.namespace' && type.isNamespaced) ||
    type.selectableFields.includes(path);
  if (!isKnown) throw badRequest(`field label not supported: ${path}`);
  return (object) => (fieldText(object, path) === wanted) === (operator !== '!=');
}

function fieldText(object: KubeObject, path: string): string {
  // core/v1 selects events by source.component under the name "source".
  const value = fieldAt(object, path === 'source' ? 'source.component' : path);
  if (value === undefined) return path === 'spec.unschedulable' ? 'false' : '';
  return String(value);
}

/** Equality and set terms: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. @throws ApiError 400 */
export function labelSelector(text: string): Matches {
  const terms = text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map(labelTerm);
  return (object) => terms.every((matches) => matches(object.metadata.labels ?? {}));
}

type Labels = Readonly<Record<string, string>>;
type MatchesLabels = (labels: Labels) => boolean;

function labelTerm(term: string): MatchesLabels {
  const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const wanted = list.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => wanted.includes(labels[key] ?? '\0')
      : (labels) => !wanted.includes(labels[key] ?? '\0');
  }
  const equality = /^([^!=\s]+)\s*(!=|==?)\s*(\S*)$/.exec(term);
  if (equality !== null) {
    const [, key = '', operator, wanted = ''] = equality;
    return (labels) => (labels[key] === wanted) === (operator !== '!=');
  }
  const existence = /^(!?)\s*([A-Za-z0-9./_-]+)$/.exec(term);
  if (existence === null) throw badRequest(`unable to parse requirement: ${term}`);
  const [, not, key = ''] = existence;
  return (labels) => key in labels === (not === '');
}

/** metav1.LabelSelector as PDBs and workloads carry it. */
export function objectSelector(selector: unknown): Matches {
  const labels = fieldAt(selector, 'matchLabels');
  const expressions = fieldAt(selector, 'matchExpressions');
  const terms = [
    ...Object.entries((labels ?? {}) as Labels).map(([key, value]) => `${key}=${value}`),
    ...(Array.isArray(expressions) ? expressions.map(expressionTerm) : []),
  ];
  return labelSelector(terms.join(','));
}

function expressionTerm(expression: unknown): string {
  const key = String(fieldAt(expression, 'key'));
  const values = fieldAt(expression, 'values');
  const list = Array.isArray(values) ? values.join(',') : '';
  switch (fieldAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
