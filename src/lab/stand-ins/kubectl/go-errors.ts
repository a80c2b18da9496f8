import { Refused } from './failure.js';
import type { Target } from './kubeconfig.js';

const UNKNOWN_AUTHORITY = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
];

const X509 = 'tls: failed to verify certificate: x509: ';

/** A failed connection in the words of Go's net, tls and x509 packages. */
export function goErrorText(error: unknown, { server }: Target): string {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  const isTls = server.protocol === 'https:';
  const port = server.port === '' ? (isTls ? '443' : '80') : server.port;
  const address = `${server.hostname}:${port}`;
  const host = server.hostname;
  if (UNKNOWN_AUTHORITY.includes(code)) return `${X509}certificate signed by unknown authority`;
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp ${address}: connect: network is unreachable`;
    case 'ETIMEDOUT':
    case 'DIAL_TIMEOUT':
      return `dial tcp ${address}: i/o timeout`;
    case 'HANDSHAKE_TIMEOUT':
      return 'net/http: TLS handshake timeout';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${host}: no such host`;
    case 'ECONNRESET':
    case 'EPIPE':
      return 'EOF';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `${X509}certificate has expired or is not yet valid: current time ${new Date().toISOString().slice(0, 19)}Z`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${X509}${altNameText(error, host)}`;
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'http: server gave HTTP response to HTTPS client';
    case 'ABORT_ERR':
      return 'context deadline exceeded';
    default:
      return message;
  }
}

function altNameText(error: unknown, host: string): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: string } };
  const names = (cert?.subjectaltname ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
    .filter((entry) => entry !== '');
  return names.length === 0
    ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `certificate is valid for ${names.join(', ')}, not ${host}`;
}

/** kubectl's last line when it did not get through; in longer messages it names the request, too (net/url.Error). */
export function unreachable(error: unknown, target: Target, method: string, path: string): Refused {
  const { code } = error as NodeJS.ErrnoException;
  const { hostname, port, protocol, origin } = target.server;
  const text = goErrorText(error, target);
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const shown = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return new Refused(
    code === 'ECONNREFUSED'
      ? `The connection to the server ${hostname}:${shown} was refused - did you specify the right host or port?`
      : `Unable to connect to the server: ${text}`,
    '',
    `${verb} "${origin}${path}": ${text}`,
  );
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** An answer that is an error: a Status, or text of something in between. */
export function refusal(code: number, body: string): Refused {
  const status = statusOf(body);
  const reason = status?.reason ?? REASONS[code] ?? 'Unknown';
  const detail = status?.message ?? plainMessage(code, body);
  const message =
    reason === 'Unauthorized'
      ? 'error: You must be logged in to the server (Unauthorized)'
      : `Error from server (${reason}): ${detail}`;
  return new Refused(invalidText(status) ?? message, reason, detail);
}

/** What the server calls invalid is told by what is wrong with it (cmdutil.checkErr). */
function invalidText(status: Status | null): string | null {
  if (status?.reason !== 'Invalid') return null;
  const { kind = '', name = '', causes = [] } = status.details ?? {};
  const head = `The ${kind} ${JSON.stringify(name)} is invalid`;
  const lines = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  if (lines.length < 2) return [head, ...lines].join(': ');
  return [`${head}: `, ...lines.map((line) => `* ${line}`)].join('\n');
}

interface Status {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly kind?: string;
    readonly name?: string;
    readonly causes?: readonly { readonly field?: string; readonly message?: string }[];
  };
}

function statusOf(body: string): Status | null {
  try {
    const parsed = JSON.parse(body) as Status | null;
    return parsed?.kind === 'Status' ? parsed : null;
  } catch {
    return null;
  }
}

function plainMessage(code: number, body: string): string {
  switch (code) {
    case 403:
      return 'unknown';
    case 404:
      return 'the server could not find the requested resource';
    case 503:
      return 'the server is currently unable to handle the request';
    case 500:
      return `an error on the server (${JSON.stringify(body.trim())}) has prevented the request from succeeding`;
    default:
      return body.trim();
  }
}
