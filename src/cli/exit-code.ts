import type { ErrorKind, OperatorError } from '../model/errors.js';
import { unreachable } from '../model/unreachable.js';

/** DESIGN §8; scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  cancelled: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command ends with when the world said no. */
export const exitCodeOf = (error: OperatorError): ExitCode => codeOfKind(error.kind);

function codeOfKind(kind: ErrorKind): ExitCode {
  switch (kind) {
    case 'configuration':
      return EXIT.usage;
    case 'unreachable':
    case 'timeout':
      return EXIT.unreachable;
    case 'refused':
      return EXIT.refused;
    case 'cancelled':
      return EXIT.cancelled;
    case 'unauthenticated':
    case 'forbidden':
    case 'untrusted':
    case 'not-found':
    case 'conflict':
    case 'rejected':
    case 'unsupported':
    case 'malformed':
    case 'program-missing':
    case 'command-failed':
    case 'disk':
      return EXIT.failed;
    default:
      return unreachable(kind);
  }
}
