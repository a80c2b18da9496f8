import { ClientError, type ErrorKind } from '../model/errors.js';
import { type Meanings, meaningOf } from './meaning.js';

/** Proxmox said no. Its status line carries the text; older versions send no body at all. */
export class PveError extends ClientError {
  constructor(
    readonly status: number,
    readonly fieldErrors: Readonly<Record<string, string>>,
    kind: ErrorKind,
    message: string,
    hint: string,
  ) {
    super(kind, message, hint);
    this.name = 'PveError';
  }
}

/** Everything that dies inside Proxmox is a 500: the text alone tells a missing guest from a held lock. */
const MEANINGS: Meanings = [
  [
    /Configuration file '.*' does not exist|no such (VM|task|storage)|unable to parse worker upid/i,
    'not-found',
    'Read the list of guests again: it may have moved to another host or is gone.',
  ],
  [
    /hostname lookup '.*' failed|no such cluster node/,
    'not-found',
    'Check the name of the Proxmox host.',
  ],
  [/storage '.*' does not exist/, 'not-found', 'Check the name of the storage.'],
  [
    /checksum mismatch|detected modified configuration/,
    'conflict',
    'Try again: somebody else has changed the configuration.',
  ],
  [/already exists|already running/, 'conflict', 'Look at what is there before you try again.'],
  [/is locked \(/, 'conflict', 'Wait for the task that holds the lock, or unlock the guest.'],
  [/can't lock file/, 'conflict', 'Wait for the running task on this guest.'],
  [/no quorum/, 'rejected', 'Bring the Proxmox cluster back to quorum: it is read-only without.'],
  [/got timeout|timed out/i, 'timeout', 'Look at the task log of the guest in Proxmox.'],
];

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  501: 'unsupported',
  595: 'unreachable',
  596: 'timeout',
  597: 'unreachable',
  598: 'unreachable',
  599: 'unreachable',
};

const HINT_OF_KIND: Partial<Readonly<Record<ErrorKind, string>>> = {
  unauthenticated:
    'Check the API token: it may be wrong, expired or removed (`pveum user token list`).',
  forbidden: 'Give user and token a role with the privilege that the message names.',
  unsupported: 'Check the Proxmox version: it has no such call.',
  unreachable: 'Check that this host of the Proxmox cluster is up.',
  timeout: 'Check the load of the Proxmox host.',
};

export function pveRefusal(
  what: string,
  status: number,
  text: string,
  fieldErrors: Readonly<Record<string, string>>,
): PveError {
  // A task that is gone and a number that is taken are 400.
  const isTelling = (status >= 500 && status !== 501) || status === 400;
  const meaning = isTelling ? meaningOf(MEANINGS, text) : null;
  const kind = KIND_OF_STATUS[status] ?? meaning?.kind ?? 'rejected';
  const fields = Object.entries(fieldErrors).map(([name, reason]) => `${name}: ${reason.trim()}`);
  const told = [text.trim() || `answer ${status}`, ...fields].join('; ');
  return new PveError(
    status,
    fieldErrors,
    kind,
    `Proxmox, ${what}: ${told}`,
    meaning?.hint ?? HINT_OF_KIND[kind] ?? 'Look at the task log in Proxmox.',
  );
}

type Transport = readonly [kind: ErrorKind, text: string, hint: string];

const TRUST =
  'Give the CA file (/etc/pve/pve-root-ca.pem of the host) or pin the fingerprint that `pvenode cert info` shows.';

const TRANSPORT: Readonly<Record<string, Transport>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['untrusted', 'its certificate is not from a known CA', TRUST],
  UNABLE_TO_GET_ISSUER_CERT: ['untrusted', 'its certificate is not from a known CA', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['untrusted', 'its certificate is not from a known CA', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: ['untrusted', 'its certificate is not from a known CA', TRUST],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted', 'its certificate is self-signed', TRUST],
  CERT_SIGNATURE_FAILURE: ['untrusted', 'its certificate is not from the given CA', TRUST],
  CERT_HAS_EXPIRED: [
    'untrusted',
    'its certificate has expired',
    'Renew it on the host: `pvecm updatecerts --force`.',
  ],
  CERT_NOT_YET_VALID: ['untrusted', 'its certificate is not yet valid', 'Compare the clocks.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'untrusted',
    'its certificate is for another name',
    'Use a name or address that is in the certificate.',
  ],
  ECONNREFUSED: ['unreachable', 'connection refused', 'Check the port (8006) and pveproxy.'],
  EHOSTUNREACH: ['unreachable', 'no route to host', 'Check the address and the network.'],
  ENETUNREACH: ['unreachable', 'network unreachable', 'Check the address and the network.'],
  ETIMEDOUT: ['unreachable', 'no connection in time', 'Check the address and the firewall.'],
  UND_ERR_CONNECT_TIMEOUT: [
    'unreachable',
    'no connection in time',
    'Check the address and the firewall.',
  ],
  ENOTFOUND: ['unreachable', 'the name is unknown', 'Check the host name and DNS.'],
  EAI_AGAIN: ['unreachable', 'the name cannot be looked up', 'Check DNS on this machine.'],
  EPROTO: ['untrusted', 'it does not speak TLS', 'Check the port (8006).'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['untrusted', 'it does not speak TLS', 'Check the port (8006).'],
};

/** Null for an error without a known code: a bug. */
export function pveTransportError(where: string, code: string, cause: unknown): ClientError | null {
  const known = TRANSPORT[code];
  if (known === undefined && !/^(E[A-Z]+|UND_ERR_\w+|HPE_\w+|ERR_(SSL|TLS)_\w+)$/.test(code)) {
    return null;
  }
  const [kind, text, hint] = known ?? ['unreachable', code, 'Wait a moment: it is tried again.'];
  return new ClientError(kind, `Proxmox at ${where}: ${text}`, hint, { cause });
}

/** `ECONNRESET`: what happened to the connection behind an error of ours; null for an answer. */
export const pveTransportCode = ({ cause }: ClientError): string | null =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;

export function pveLost(where: string, cause: unknown): ClientError {
  const reason = cause instanceof Error ? cause.message : 'no connection';
  return new ClientError(
    'unreachable',
    `Proxmox at ${where}: ${reason}`,
    'Check the URL of the Proxmox host.',
    { cause },
  );
}

export function pveUnknownTask(upid: string): ClientError {
  return new ClientError(
    'not-found',
    `Proxmox: "${upid}" is no task.`,
    'Look at the task log in Proxmox.',
  );
}

export function pveSilence(where: string, timeoutMs: number): ClientError {
  return new ClientError(
    'timeout',
    `Proxmox at ${where}: no answer within ${Math.round(timeoutMs / 1000)} s`,
    'Check the load of the Proxmox host and its storages.',
  );
}

export function pveCancelled(where: string): ClientError {
  return new ClientError('cancelled', `Proxmox at ${where}: cancelled`, 'Ask again.');
}
