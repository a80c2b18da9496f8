/** Ends a command with code 1 and this text on stderr. */
export class Failure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Failure';
  }
}

/** The server said no, or was not reached: longer messages quote it in other words than those it ends a command with. */
export class Refused extends Failure {
  /** As in metav1.StatusReason; empty when nothing answered. */
  readonly reason: string;
  /** What Go prints of the error itself. */
  readonly detail: string;

  constructor(message: string, reason: string, detail: string) {
    super(message);
    this.name = 'Refused';
    this.reason = reason;
    this.detail = detail;
  }
}

/** A wrong command line: followed by where to find help. */
export const usageFailure = (text: string, command: string): Failure =>
  new Failure(
    `error: ${text}\nSee 'kubectl${command === '' ? '' : ` ${command}`} --help' for usage.`,
  );

/** What Go prints of an error inside another one. */
export const detailOf = (error: Failure): string =>
  error instanceof Refused ? error.detail : error.message.replace(/^error: /, '');

export const isRefusedFor = (error: unknown, reason: string): error is Refused =>
  error instanceof Refused && error.reason === reason;

/** kubectl says which file it was busy with (cmdutil.AddSourceToErr). */
export function withSource(error: unknown, verb: string, source: string): unknown {
  // What is invalid is told by its causes alone.
  if (!(error instanceof Failure) || isRefusedFor(error, 'Invalid')) return error;
  const detail = `error when ${verb} ${JSON.stringify(source)}: ${detailOf(error)}`;
  if (!(error instanceof Refused) || error.reason === '') return new Failure(`error: ${detail}`);
  return new Refused(`Error from server (${error.reason}): ${detail}`, error.reason, detail);
}
