import type { Arguments, CommandFlags } from '../arguments.js';
import { Client } from '../client.js';
import { readTarget, type Target } from '../config.js';
import { CommandError } from '../errors.js';
import type { Interruption } from '../interruption.js';

export interface Command {
  /** Words that select it, e.g. `etcd members`. */
  readonly names: readonly string[];
  readonly usage: string;
  readonly flags: CommandFlags;
  readonly run: (call: Call) => Promise<void>;
}

/** One use of a command. */
export interface Call {
  readonly args: Arguments;
  /** Positional arguments without the command words. */
  readonly operands: readonly string[];
  readonly interruption: Interruption;
}

/** Talks to the nodes of this call and hangs up afterwards. */
export async function withClient(
  call: Call,
  work: (client: Client) => Promise<void>,
  target: Target = readTarget(call.args),
): Promise<void> {
  const client = new Client(target, call.interruption);
  try {
    await work(client);
    client.finish();
  } finally {
    client.close();
  }
}

export const NO_FLAGS: CommandFlags = { flags: {}, shorts: {} };

export const print = (text: string): void => {
  process.stdout.write(text);
};

/** cobra.ExactArgs. @throws CommandError. */
export function expectOperands(operands: readonly string[], count: number): void {
  if (operands.length === count) return;
  throw new CommandError(`accepts ${count} arg(s), received ${operands.length}`);
}
