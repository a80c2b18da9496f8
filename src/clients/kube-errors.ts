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

/** `/apis/policy/v1/poddisruptionbudgets?limit=250` is about poddisruptionbudgets. */
const subject = (path: string): string =>
  path.replace(/^\/(?:apis?\/(?:[^/]+\/)?v\d\w*\/)?/, '').replace(/\?.*$/, '');

/** What is wrong comes first: lists and banners have little room. */
const about = (path: string, message: string): string =>
  `${message} (Kubernetes, ${subject(path)})`;

export function asStatus(body: unknown): KubeStatus | null {
  return statusShape.safeParse(body).data ?? null;
}

export function kubeResponseError(path: string, code: number, body: string): ClientError {
  const status = asStatus(parsed(body));
  return status === null ? proxyError(path, code, body) : kubeStatusError(path, code, status);
}

export function kubeStatusError(path: string, code: number, status: KubeStatus): ClientError {
  const message = status.message ?? status.reason ?? `code ${code}`;
  const kind: ErrorKind = /could not find the requested resource/.test(message)
    ? 'unsupported'
    : (KIND_OF_CODE[code] ?? 'rejected');
  return new ClientError(
    kind,
    about(path, message),
    HINT_OF_KIND[kind] ?? kubeMeaning(message)?.hint ?? 'Look at the logs of kube-apiserver.',
  );
}

/** Not from the API server: kubectl proxy tells in plain text why it did not get there. */
function proxyError(path: string, code: number, body: string): ClientError {
  const text = body.trim().split('\n', 1)[0] || `answer ${code}`;
  const meaning = kubeMeaning(text);
  const kind = KIND_OF_CODE[code] ?? meaning?.kind ?? 'rejected';
  return new ClientError(
    kind,
    plainWords(text) ?? about(path, text),
    meaning?.hint ?? HINT_OF_KIND[kind] ?? 'Look at the logs of kube-apiserver.',
    { cause: new Error(`${path}: ${text}`) },
  );
}

/** Whom Go could not reach, and why, with the part first that fits into a narrow line. */
const PLAIN_WORDS: readonly (readonly [pattern: RegExp, words: (at: string) => string])[] = [
  [/dial tcp (\S+): .*connection refused/, (at) => `${at} refuses connections`],
  [/dial tcp (\S+): .*(?:no route to host|network is unreachable)/, (at) => `no route to ${at}`],
  [/dial tcp (\S+): .*(?:timeout|timed out)/, (at) => `${at} does not answer`],
  [/dial tcp: lookup (\S+?):? .*no such host/, (at) => `the name ${at} is not known`],
  [/x509: (.+)/, (reason) => `the certificate of the server is refused: ${reason}`],
  [/TLS handshake timeout/, () => 'the API server accepts connections, but says nothing'],
];

function plainWords(text: string): string | null {
  for (const [pattern, words] of PLAIN_WORDS) {
    const found = pattern.exec(text);
    if (found !== null) return words(found[1] ?? '');
  }
  return null;
}

export function kubeMalformed(path: string, reason: string, cause?: unknown): ClientError {
  return new ClientError(
    'malformed',
    about(path, `the answer cannot be read: ${reason}`),
    'Check that the server in the kubeconfig is a Kubernetes API.',
    { cause },
  );
}

export function kubeSilence(path: string, timeoutMs: number): ClientError {
  return new ClientError(
    'timeout',
    about(path, `no answer within ${Math.round(timeoutMs / 1000)} s`),
    'Check whether kube-apiserver hangs or the network loses packets.',
  );
}

export function kubeLost(path: string, reason: string, cause?: unknown): ClientError {
  return new ClientError('unreachable', about(path, reason), 'Wait a moment: it is tried again.', {
    cause,
  });
}

export function kubeCancelled(path: string): ClientError {
  return new ClientError('cancelled', about(path, 'cancelled'), 'Ask again.');
}

/** The other side is there, and cannot prove that it is the one we mean. */
export function unverifiedServer(host: string, cause: Error): ClientError {
  return new ClientError(
    'untrusted',
    `the certificate of ${host} is refused: ${cause.message}`,
    `Add ${host.replace(/:\d+$/, '')} to cluster.apiServer.certSANs, or renew the certificate of that API server.`,
    { cause },
  );
}

/** Undefined when it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
