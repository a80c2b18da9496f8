import { CommanderError } from 'commander';
import { OperatorError } from '../model/errors.js';
import { sentences } from '../model/sentence.js';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js';

/** Where headless commands write; a pipe that was closed early (`| head`) is no error. */
export interface Output {
  readonly line: (text: string) => void;
  /** One document, indented for people who look at it. */
  readonly document: (value: object) => void;
  /** One line of a stream. */
  readonly record: (value: object) => void;
  readonly warn: (text: string) => void;
}

export const SCHEMA = 1;

export function createOutput(
  stdout: NodeJS.WritableStream = process.stdout,
  stderr: NodeJS.WritableStream = process.stderr,
): Output {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    line: (text) => void stdout.write(`${text}\n`),
    document: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    record: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    warn: (text) => void stderr.write(`${text}\n`),
  };
}

const failureOf = ({ kind, message, hint }: OperatorError): object =>
  kind === 'refused'
    ? { refusal: { reason: message, hint, gate: null } }
    : { error: { kind, message, hint } };

/** One sentence with the next step; a bug keeps its stack. */
export function reportFailure(error: unknown, output: Output, isJson: boolean): ExitCode {
  if (error instanceof OperatorError) {
    const { message, hint } = error;
    if (isJson) output.document({ schema: SCHEMA, ...failureOf(error) });
    output.warn(`talos-tui: ${sentences(message, hint)}`);
    return exitCodeOf(error);
  }
  if (error instanceof CommanderError) {
    output.warn(`talos-tui: ${error.message}`);
    return EXIT.usage;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.warn(
    `${stack}\ntalos-tui: this is a bug in talos-tui. Please report it with the lines above.`,
  );
  return EXIT.failed;
}
