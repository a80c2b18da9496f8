/**
 * The world said no. Thrown by clients and runs, caught in sources and in the run engine. Anything that is not
 * an OperatorError is a bug and keeps its stack.
 */
export abstract class OperatorError extends Error {
  abstract readonly kind: ErrorKind;
  /** One imperative sentence: what to try next. */
  abstract readonly hint: string;
}

/** What code may decide on; message text is for people only. */
export type ErrorKind =
  | 'unreachable' // no TCP/TLS connection, or it was lost
  | 'timeout' // connected, no answer in time
  | 'unauthenticated' // certificate, token or password not accepted, or expired
  | 'forbidden' // known, but not allowed
  | 'untrusted' // the other side's certificate does not verify
  | 'not-found'
  | 'conflict' // the object changed under us
  | 'refused' // by our own rules: another run holds the lock
  | 'rejected' // understood and refused by the other side
  | 'unsupported' // this version has no such call
  | 'malformed' // the answer could not be understood
  | 'program-missing'
  | 'command-failed'
  | 'cancelled'
  | 'configuration' // a file or setting of the operator
  | 'disk'; // full, not writable

export class ClientError extends OperatorError {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly hint: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'ClientError';
  }
}

/** A file of the operator that is missing, unreadable or wrong: exit code 2 on the command line. */
export class ConfigurationError extends OperatorError {
  readonly kind = 'configuration';

  constructor(
    message: string,
    readonly hint: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'ConfigurationError';
  }
}

export class CommandFailed extends OperatorError {
  readonly kind = 'command-failed';

  constructor(
    readonly argv: readonly string[],
    readonly exitCode: number | undefined,
    readonly stderr: string,
    readonly hint: string,
  ) {
    super(
      `${argv[0] ?? 'command'} ended with code ${exitCode ?? 'none'}: ${lastLine(stderr) || 'no message'}`,
    );
    this.name = 'CommandFailed';
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
