/** Ends the program with code 1; the text is the last line of stderr, as cobra prints it. */
export class CommandError extends Error {}

/** The same, but everything has been said already (talos.md §0: tracked actions suppress their error). */
export class SaidError extends CommandError {
  constructor() {
    super('');
  }
}

/** grpc/codes: the names that Go prints. */
const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

export const CANCELED = 1;
export const PERMISSION_DENIED = 7;
export const UNIMPLEMENTED = 12;
export const UNAVAILABLE = 14;

export class RpcError extends CommandError {
  readonly code: number;

  constructor(code: number, details: string) {
    super(`rpc error: code = ${CODE_NAMES[code] ?? `Code(${code})`} desc = ${details}`);
    this.code = code;
  }
}

export const unavailable = (details: string): RpcError => new RpcError(UNAVAILABLE, details);

/** hashicorp/go-multierror. */
export const manyErrors = (errors: readonly string[]): string =>
  `${errors.length === 1 ? '1 error' : `${errors.length} errors`} occurred:\n${errors
    .map((text) => `\t* ${text}\n`)
    .join('')}\n`;

export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** What a Node socket or TLS error is called in Go; the address is `host:port`. */
export function connectionText(error: NodeJS.ErrnoException, address: string): string {
  const dial = dialText(error, address);
  if (dial !== null) {
    return `connection error: desc = "transport: Error while dialing: ${dial}"`;
  }
  const alert = ALERTS.find(([pattern]) => pattern.test(error.message));
  if (alert !== undefined) {
    return `connection error: desc = "error reading server preface: remote error: tls: ${alert[1]}"`;
  }
  const handshake = handshakeText(error);
  return handshake === null
    ? 'error reading from server: EOF'
    : `connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: ${handshake}"`;
}

/** `dial tcp 10.0.0.1:6443: connect: connection refused`; null = it is about something else. */
export function dialText({ code }: NodeJS.ErrnoException, address: string): string | null {
  const dial = DIAL_ERRORS[code ?? ''];
  if (dial === undefined) return null;
  return `dial tcp ${address}: ${dial === 'i/o timeout' ? '' : 'connect: '}${dial}`;
}

const DIAL_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

const ALERTS: readonly (readonly [RegExp, string])[] = [
  [/alert certificate required/i, 'certificate required'],
  [/alert unknown ca/i, 'unknown certificate authority'],
  [/alert certificate expired/i, 'expired certificate'],
  [/alert bad certificate/i, 'bad certificate'],
];

function handshakeText(error: NodeJS.ErrnoException): string | null {
  switch (error.code) {
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return 'certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'certificate has expired or is not yet valid';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `certificate is valid for ${namesOf(error.message)}`;
    default:
      return null;
  }
}

/** Node: `… IP: 10.0.0.9 is not in the cert's list: 10.0.0.11, 127.0.0.1` */
function namesOf(text: string): string {
  const match = /(?:IP|Host): ([^ ]+)\.? is not (?:in the cert's (?:list|altnames)):? (.*)$/.exec(
    text,
  );
  return match === null ? 'other names' : `${match[2]}, not ${match[1]}`;
}

/** errors.Join of Go: one per line. */
export const joined = (errors: readonly string[]): CommandError =>
  new CommandError(errors.join('\n'));

/** `purpose: what failed`; anything that is no error of ours passes through. */
export const prefixedError = (purpose: string, error: unknown): unknown =>
  error instanceof CommandError && purpose !== ''
    ? new CommandError(`${purpose}: ${error.message}`)
    : error;
