import { status } from '@grpc/grpc-js';
import type { Resource } from './collection.js';
import { Failure } from './failure.js';

export interface LabelTerm {
  readonly key: string;
  readonly op: string | number;
  readonly value: readonly string[];
  readonly invert: boolean;
}

export interface ResourceQuery {
  /** Terms of one query are joined by AND, queries by OR. */
  readonly label_query: readonly { readonly terms: readonly LabelTerm[] }[];
  readonly id_query: { readonly regexp: string } | null;
}

export type Matcher = (resource: Resource) => boolean;

const EVERYTHING: Matcher = () => true;

/** @throws Failure INVALID_ARGUMENT for a broken expression or an unknown operator. */
export function matcherOf(query: ResourceQuery | null | undefined): Matcher {
  if (query === null || query === undefined) return EVERYTHING;
  const labels = query.label_query.map(({ terms }) => terms.map(termMatcher));
  const ids = idMatcher(query.id_query?.regexp ?? '');
  if (labels.length === 0) return ids;
  return (resource) =>
    ids(resource) &&
    labels.some((terms) => terms.every((matches) => matches(resource.metadata.labels)));
}

function idMatcher(regexp: string): Matcher {
  if (regexp === '') return EVERYTHING;
  const expression = compile(regexp);
  return (resource) => expression.test(resource.metadata.id);
}

function compile(regexp: string): RegExp {
  try {
    return new RegExp(regexp, 'u');
  } catch {
    throw new Failure(
      status.INVALID_ARGUMENT,
      `failed to compile regexp: error parsing regexp: \`${regexp}\``,
    );
  }
}

type LabelMatcher = (labels: Readonly<Record<string, string>>) => boolean;

function termMatcher(term: LabelTerm): LabelMatcher {
  const positive = operatorOf(term);
  return (labels) => positive(labels[term.key]) !== term.invert;
}

function operatorOf(term: LabelTerm): (value: string | undefined) => boolean {
  const [first = ''] = term.value;
  switch (term.op) {
    case 'EXISTS':
      return (value) => value !== undefined;
    case 'NOT_EXISTS':
      return (value) => value === undefined;
    case 'EQUAL':
      return (value) => value === first;
    case 'IN':
      return (value) => value !== undefined && term.value.includes(value);
    case 'LT':
      return (value) => value !== undefined && value < first;
    case 'LTE':
      return (value) => value !== undefined && value <= first;
    case 'LT_NUMERIC':
      return (value) => value !== undefined && Number(value) < Number(first);
    case 'LTE_NUMERIC':
      return (value) => value !== undefined && Number(value) <= Number(first);
    default:
      throw new Failure(status.INVALID_ARGUMENT, `unsupported label query operator: ${term.op}`);
  }
}
