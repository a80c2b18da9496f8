import type { KubeObject } from '../world/types.js';
import { fieldAt, isJsonObject, type JsonObject, textAt } from './api/object.js';
import type { ResourcePath } from './api/path.js';
import { knownType } from './api/registry.js';
import { ApiError, invalid } from './api/status.js';
import { baselineProblems, restrictedProblems } from './pod-security-checks.js';
import type { ApiServer } from './server-context.js';

const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
type Level = (typeof LEVELS)[number];
type Mode = 'enforce' | 'audit' | 'warn';

const PREFIX = 'pod-security.kubernetes.io/';
/** talos: the admission configuration of its API servers. */
const TALOS_DEFAULTS: Readonly<Record<Mode, Level>> = {
  enforce: 'baseline',
  audit: 'restricted',
  warn: 'restricted',
};
const EXEMPT = ['kube-system'];

/** Where the pod is inside of whatever makes it. */
const TEMPLATES: Readonly<Record<string, string>> = {
  cronjobs: 'spec.jobTemplate.spec.template.spec',
  daemonsets: 'spec.template.spec',
  deployments: 'spec.template.spec',
  jobs: 'spec.template.spec',
  pods: 'spec',
  replicasets: 'spec.template.spec',
  statefulsets: 'spec.template.spec',
};

const isLevel = (value: string): value is Level => LEVELS.some((level) => level === value);

function levelOf(namespace: KubeObject | undefined, mode: Mode): Level {
  const label = namespace?.metadata.labels?.[`${PREFIX}${mode}`] ?? '';
  return isLevel(label) ? label : TALOS_DEFAULTS[mode];
}

const versionOf = (namespace: KubeObject | undefined, mode: Mode): string =>
  namespace?.metadata.labels?.[`${PREFIX}${mode}-version`] ?? 'latest';

const namespaceOf = (server: ApiServer, name: string): KubeObject | undefined =>
  server.cache.get(knownType('namespaces'), undefined, name);

function problemsOf(level: Level, spec: unknown): readonly string[] {
  switch (level) {
    case 'privileged':
      return [];
    case 'baseline':
      return baselineProblems(spec);
    case 'restricted':
      return restrictedProblems(spec);
  }
}

/**
 * What admission says to a new pod, and to the labels of a namespace.
 * @throws ApiError 403, 422
 */
export function admit(
  server: ApiServer,
  { type, namespace }: ResourcePath,
  next: JsonObject,
): void {
  if (type.plural === 'namespaces') checkLabels(next);
  if (type.plural !== 'pods' || namespace === undefined || EXEMPT.includes(namespace)) return;
  const found = namespaceOf(server, namespace);
  const level = levelOf(found, 'enforce');
  const problems = problemsOf(level, next.spec);
  if (problems.length === 0) return;
  const name = textAt(next, 'metadata.name');
  throw new ApiError(
    403,
    'Forbidden',
    `pods "${name}" is forbidden: violates PodSecurity "${level}:${versionOf(found, 'enforce')}": ${problems.join(', ')}`,
    { name, kind: 'pods' },
  );
}

/** @throws ApiError 422 */
function checkLabels(namespace: JsonObject): void {
  for (const mode of ['enforce', 'audit', 'warn']) {
    const labels = fieldAt(namespace, 'metadata.labels');
    const value = isJsonObject(labels) ? labels[`${PREFIX}${mode}`] : undefined;
    if (typeof value !== 'string' || isLevel(value)) continue;
    throw invalid(
      knownType('namespaces'),
      textAt(namespace, 'metadata.name'),
      `metadata.labels[${PREFIX}${mode}]: Invalid value: "${value}": must be one of ${LEVELS.join(', ')}`,
    );
  }
}

/** For the caller's eyes, in headers: what runs would violate, although it is let in. */
export function podWarnings(
  server: ApiServer,
  { type, namespace }: ResourcePath,
  object: KubeObject,
): readonly string[] {
  if (type.plural === 'namespaces') return existingPods(server, object);
  const at = TEMPLATES[type.plural];
  if (at === undefined || namespace === undefined || EXEMPT.includes(namespace)) return [];
  const found = namespaceOf(server, namespace);
  const level = levelOf(found, 'warn');
  const problems = problemsOf(level, fieldAt(object, at));
  return problems.length === 0
    ? []
    : [`would violate PodSecurity "${level}:${versionOf(found, 'warn')}": ${problems.join(', ')}`];
}

/** A namespace that becomes stricter than what runs in it. */
function existingPods(server: ApiServer, namespace: KubeObject): readonly string[] {
  const label = namespace.metadata.labels?.[`${PREFIX}enforce`] ?? '';
  if (!isLevel(label)) return [];
  const { name } = namespace.metadata;
  const bad = server.cache
    .list(knownType('pods'))
    .filter((pod) => pod.metadata.namespace === name)
    .map((pod) => ({ pod: pod.metadata.name, problems: problemsOf(label, pod.spec) }))
    .filter(({ problems }) => problems.length > 0);
  const [first] = bad;
  if (first === undefined) return [];
  const others =
    bad.length > 1 ? ` (and ${bad.length - 1} other pod${bad.length > 2 ? 's' : ''})` : '';
  const reasons = first.problems.map((problem) => problem.replace(/ \(.*$/s, '')).join(', ');
  return [
    `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${label}:${versionOf(namespace, 'enforce')}"`,
    `${first.pod}${others}: ${reasons}`,
  ];
}
