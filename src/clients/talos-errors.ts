import { ClientError, type ErrorKind } from '../model/errors.js';
import { talosMeaning } from './talos-meaning.js';

/** Status codes of gRPC (grpc/grpc: doc/statuscodes.md), numbered here so that the library can load later. */
const KIND_OF_CODE: Readonly<Record<number, ErrorKind>> = {
  1: 'unreachable', // CANCELLED: not by us, so apid is shutting down
  3: 'rejected', // INVALID_ARGUMENT
  4: 'timeout', // DEADLINE_EXCEEDED
  5: 'not-found',
  6: 'conflict', // ALREADY_EXISTS
  7: 'forbidden',
  8: 'rejected', // RESOURCE_EXHAUSTED
  9: 'conflict', // FAILED_PRECONDITION
  10: 'conflict', // ABORTED
  12: 'unsupported',
  14: 'unreachable',
  15: 'malformed', // DATA_LOSS
  16: 'unauthenticated',
};

const HINT_OF_KIND: Partial<Readonly<Record<ErrorKind, string>>> = {
  unreachable: 'Check in Proxmox whether the VM runs, and the network between.',
  timeout: 'Check whether the node hangs or the network loses packets.',
  forbidden: 'Use a talosconfig with a stronger role.',
  unsupported: 'Upgrade the node: its Talos version has no such call.',
  unauthenticated: 'Use the talosconfig of this cluster.',
};

/** Codes whose text alone tells what happened: transport trouble and plain Go errors. */
const TEXT_DECIDES: readonly number[] = [2, 13, 14, 4, 7, 12];

/** @param subject Node or endpoint that was asked. */
export function talosCallError(
  subject: string,
  failure: { readonly code: number; readonly details: string },
): ClientError {
  const meaning = TEXT_DECIDES.includes(failure.code) ? talosMeaning(failure.details) : null;
  const kind = meaning?.kind ?? KIND_OF_CODE[failure.code] ?? 'rejected';
  return new ClientError(
    kind,
    `${subject}: ${shortText(failure.details)}`,
    meaning?.hint ?? HINT_OF_KIND[kind] ?? 'Look at the logs of the node.',
  );
}

export function noAnswer(subject: string, timeoutMs: number): ClientError {
  return new ClientError(
    'timeout',
    `${subject}: no answer within ${Math.round(timeoutMs / 1000)} s`,
    'Check whether the node hangs or the network loses packets.',
  );
}

export function talosCancelled(subject: string): ClientError {
  return new ClientError('cancelled', `${subject}: the call was cancelled`, 'Ask again.');
}

export function talosMalformed(subject: string, reason: string, cause?: unknown): ClientError {
  return new ClientError(
    'malformed',
    `${subject}: the answer cannot be read: ${reason}`,
    'Check whether this Talos version is newer than talos-tui knows.',
    { cause },
  );
}

/** Kinds that mean "nobody there" rather than "there, and says no". */
export const isAbsence = (kind: ErrorKind): boolean => kind === 'unreachable' || kind === 'timeout';

/** Unwraps what Go and grpc-js put around the reason. */
function shortText(details: string): string {
  const dial = /Error while dialing: (?:dial tcp \S+: )?(?:connect: )?(.*?)"?$/s.exec(details)?.[1];
  const last = /Last error: (?:Error: )?(.*?)(?:\.? Resolution note.*)?$/s.exec(details)?.[1];
  const inner = dial ?? last ?? /desc = "?(?:transport: )?(.*?)"?$/s.exec(details)?.[1] ?? details;
  const [line = ''] = inner.split('\n', 1);
  return line.trim() || 'no reason given';
}
