import { z } from 'zod';
import { ClientError, type ErrorKind } from '../model/errors.js';
import { kubeMeaning } from './kube-meaning.js';

/** A failure as the API server sends it (metav1.Status). */
const statusShape = z.object({
  kind: z.literal('Status'),
  message: z.string().nullish(),
  reason: z.string().nullish(),
  code: z.number().nullish(),
});

export type KubeStatus = z.infer<typeof statusShape>;

const KIND_OF_CODE: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'unsupported',
  409: 'conflict',
  410: 'conflict',
  504: 'timeout',
};

const HINT_OF_KIND: Partial<Readonly<Record<ErrorKind, string>>> = {
  unauthenticated: 'Fetch a new kubeconfig with `talosctl kubeconfig`, or log in again.',
  forbidden: 'Ask a cluster admin for the right that the message names.',
  'not-found': 'Check whether the object still exists.',
  unsupported: 'Upgrade Kubernetes: this server has no such API.',
  conflict: 'Try again: the object was changed meanwhile.',
  timeout: 'Look at etcd and the load of the control plane.',
};

export function asStatus(body: unknown): KubeStatus | null {
  return statusShape.safeParse(body).data ?? null;
}

/** @param what The path, for messages. */
export function kubeResponseError(what: string, code: number, body: string): ClientError {
  const status = asStatus(parsed(body));
  return status === null ? proxyError(what, code, body) : kubeStatusError(what, code, status);
}

export function kubeStatusError(what: string, code: number, status: KubeStatus): ClientError {
  const message = status.message ?? status.reason ?? `code ${code}`;
  const kind: ErrorKind = /could not find the requested resource/.test(message)
    ? 'unsupported'
    : (KIND_OF_CODE[code] ?? 'rejected');
  return new ClientError(
    kind,
    `Kubernetes, ${what}: ${message}`,
    HINT_OF_KIND[kind] ?? kubeMeaning(message)?.hint ?? 'Look at the logs of kube-apiserver.',
  );
}

/** Not from the API server: kubectl proxy tells in plain text why it did not get there. */
function proxyError(what: string, code: number, body: string): ClientError {
  const text = body.trim().split('\n', 1)[0] || `answer ${code}`;
  const meaning = kubeMeaning(text);
  const kind = KIND_OF_CODE[code] ?? meaning?.kind ?? 'rejected';
  return new ClientError(
    kind,
    `Kubernetes, ${what}: ${text}`,
    meaning?.hint ?? HINT_OF_KIND[kind] ?? 'Look at the logs of kube-apiserver.',
  );
}

export function kubeMalformed(what: string, reason: string, cause?: unknown): ClientError {
  return new ClientError(
    'malformed',
    `Kubernetes, ${what}: the answer cannot be read: ${reason}`,
    'Check that the server in the kubeconfig is a Kubernetes API.',
    { cause },
  );
}

export function kubeSilence(what: string, timeoutMs: number): ClientError {
  return new ClientError(
    'timeout',
    `Kubernetes, ${what}: no answer within ${Math.round(timeoutMs / 1000)} s`,
    'Check whether kube-apiserver hangs or the network loses packets.',
  );
}

export function kubeLost(what: string, reason: string, cause?: unknown): ClientError {
  return new ClientError(
    'unreachable',
    `Kubernetes, ${what}: ${reason}`,
    'Wait a moment: it is tried again.',
    { cause },
  );
}

export function kubeCancelled(what: string): ClientError {
  return new ClientError('cancelled', `Kubernetes, ${what}: cancelled`, 'Ask again.');
}

/** Undefined when it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
