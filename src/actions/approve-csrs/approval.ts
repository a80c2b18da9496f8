import type { KubernetesConnection } from '../../model/connection.js';
import { ClientError } from '../../model/errors.js';

/** A JSON object as the API gave it: sent back as it is, with one condition more. */
export type RawObject = Readonly<Record<string, unknown>>;

export const csrPath = (name: string): string =>
  `/apis/certificates.k8s.io/v1/certificatesigningrequests/${encodeURIComponent(name)}`;

/**
 * PUT of the checked object. `kubectl certificate approve` would approve whatever carries that name by then; the
 * API server refuses this body when the object has changed (uid, resourceVersion).
 */
export const approveArgv = (
  kubectl: string,
  { kubeconfigPath, context }: KubernetesConnection,
  name: string,
): readonly [string, ...string[]] => [
  kubectl,
  '--kubeconfig',
  kubeconfigPath,
  '--context',
  context,
  '--request-timeout=15s',
  'replace',
  '--raw',
  `${csrPath(name)}/approval`,
  '-f',
  '-',
];

/** The kubelet's own answer, through the API server's proxy: works only with a certificate that it trusts. */
export const healthzArgv = (
  kubectl: string,
  { kubeconfigPath, context }: KubernetesConnection,
  node: string,
): readonly [string, ...string[]] => [
  kubectl,
  '--kubeconfig',
  kubeconfigPath,
  '--context',
  context,
  '--request-timeout=5s',
  'get',
  '--raw',
  `/api/v1/nodes/${encodeURIComponent(node)}/proxy/healthz`,
];

/** @throws ClientError kind `malformed` */
export function approvedBody(raw: RawObject, operator: string, nowMs: number): string {
  const status = objectAt(raw, 'status');
  const conditions = status.conditions ?? [];
  if (!Array.isArray(conditions)) throw malformed('status.conditions');
  const at = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const approved = {
    type: 'Approved',
    status: 'True',
    reason: 'TalosTuiValidated',
    message: `rules V1–V16, operator ${operator}`,
    lastUpdateTime: at,
    lastTransitionTime: at,
  };
  return JSON.stringify({ ...raw, status: { ...status, conditions: [...conditions, approved] } });
}

export interface Identity {
  readonly uid: unknown;
  readonly resourceVersion: unknown;
}

export function identityOf(raw: RawObject): Identity {
  const { uid, resourceVersion } = objectAt(raw, 'metadata');
  return { uid, resourceVersion };
}

/** Of the requester's credential; null when the API server does not record it (before 1.32). */
export function credentialIdOf(raw: RawObject): string | null {
  const extra = objectAt(objectAt(raw, 'spec'), 'extra');
  const ids = extra['authentication.kubernetes.io/credential-id'];
  const [first]: readonly unknown[] = Array.isArray(ids) ? ids : [];
  return typeof first === 'string' ? first : null;
}

/** @throws ClientError kind `malformed` */
export function asObject(value: unknown, what: string): RawObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what);
  return Object.fromEntries(Object.entries(value));
}

/** An absent part is an empty one. @throws ClientError kind `malformed` */
function objectAt(parent: RawObject, key: string): RawObject {
  return parent[key] === undefined ? {} : asObject(parent[key], key);
}

const malformed = (what: string): ClientError =>
  new ClientError(
    'malformed',
    `The certificate request that Kubernetes gave has no usable ${what}.`,
    'Look at it with `kubectl get csr -o yaml`.',
  );
