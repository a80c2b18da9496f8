import type { Target } from './config.js';
import { type CallRequest, Connection } from './connection.js';
import { CommandError, manyErrors, RpcError } from './errors.js';
import type { Interruption } from './interruption.js';
import type { Message } from './protobuf.js';

interface Labelled {
  readonly metadata: { readonly hostname: string; readonly error: string } | null;
}

/** What one node said, under the name that it was asked by. */
export type Answer<T> = T & { readonly node: string };

const CANCELED = 1;
const INTERNAL = 13;

/** A command's way to its nodes. Connects with the first call, so that a failure is that call's failure. */
export class Client {
  readonly target: Target;
  readonly #interruption: Interruption;
  #opening: Promise<Connection> | null = null;

  constructor(target: Target, interruption: Interruption) {
    this.target = target;
    this.#interruption = interruption;
    interruption.onSignal(() => this.close());
  }

  close(): void {
    this.#opening?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  #connect(): Promise<Connection> {
    this.#opening ??= Promise.race([
      Connection.open(this.target),
      new Promise<never>((_, reject) => {
        this.#interruption.onSignal(() => reject(new RpcError(CANCELED, 'context canceled')));
      }),
    ]);
    return this.#opening;
  }

  async *#stream(request: CallRequest): AsyncGenerator<Buffer> {
    try {
      const connection = await this.#connect();
      yield* connection.stream(request);
    } catch (error) {
      if (!this.#interruption.hasHappened) throw error;
      throw new RpcError(CANCELED, 'context canceled');
    }
  }

  /**
   * One call to all nodes, the way of clients up to 1.13: the failure of some is a warning.
   * @throws CommandError when no node answered.
   */
  async ask<T extends Labelled>(
    method: string,
    type: Message<{ readonly messages: readonly T[] }>,
    request: Buffer,
    purpose: string,
  ): Promise<readonly Answer<T>[]> {
    const call: CallRequest = {
      path: `machine.MachineService/${method}`,
      message: request,
      metadata: { nodes: this.target.nodes },
    };
    const bytes = await this.#unary(call).catch((error: unknown) => {
      throw prefixed(purpose, error);
    });
    const { messages } = type.decode(bytes);
    const failed = messages.flatMap(({ metadata }) =>
      metadata !== null && metadata.error !== '' ? [`${metadata.hostname}: ${metadata.error}`] : [],
    );
    const good = messages.filter(({ metadata }) => (metadata?.error ?? '') === '');
    if (failed.length > 0 && good.length === 0) {
      throw new CommandError(`${purpose}: ${manyErrors(failed)}`);
    }
    if (failed.length > 0) process.stderr.write(`WARNING: ${manyErrors(failed)}\n`);
    const { address } = await this.#connect();
    return good.map((message) => ({ ...message, node: message.metadata?.hostname || address }));
  }

  /** Streams of the machine API; the caller has made sure that there is one node. */
  streamMachine(method: string, message: Buffer): AsyncGenerator<Buffer> {
    const path = `machine.MachineService/${method}`;
    return this.#stream({ path, message, metadata: { nodes: this.target.nodes } });
  }

  /** Resources are always asked for node by node. */
  getResource(node: string, message: Buffer): Promise<Buffer> {
    return this.#unary({ path: 'cosi.resource.State/Get', message, metadata: { node } });
  }

  streamResources(node: string, method: 'List' | 'Watch', message: Buffer): AsyncGenerator<Buffer> {
    return this.#stream({ path: `cosi.resource.State/${method}`, message, metadata: { node } });
  }

  async #unary(request: CallRequest): Promise<Buffer> {
    let answer: Buffer | null = null;
    for await (const frame of this.#stream(request)) answer = frame;
    if (answer === null) {
      throw new RpcError(INTERNAL, 'cardinality violation: received no response message');
    }
    return answer;
  }
}

export const prefixed = (purpose: string, error: unknown): unknown =>
  error instanceof CommandError ? new CommandError(`${purpose}: ${error.message}`) : error;

/** @throws CommandError for a command that makes sense on one node only. */
export function needOneNode(target: Target, command: string): void {
  if (target.nodes.length > 1) {
    throw new CommandError(`command "${command}" is not supported with multiple nodes`);
  }
}
