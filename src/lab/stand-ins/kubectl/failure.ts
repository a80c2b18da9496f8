/** Ends a command with code 1 and this text on stderr. */
export class Failure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Failure';
  }
}

/** A wrong command line: followed by where to find help. */
export const usageFailure = (text: string, command: string): Failure =>
  new Failure(
    `error: ${text}\nSee 'kubectl${command === '' ? '' : ` ${command}`} --help' for usage.`,
  );
