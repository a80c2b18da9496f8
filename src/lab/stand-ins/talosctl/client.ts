import { ASKS_EACH_NODE } from './client-version.js';
import type { Target } from './config.js';
import { type CallRequest, Connection } from './connection.js';
import { CANCELED, CommandError, joined, manyErrors, prefixedError, RpcError } from './errors.js';
import type { Interruption } from './interruption.js';
import { EMPTY_RESPONSE } from './messages.js';
import type { Message } from './protobuf.js';

interface Labelled {
  readonly metadata: { readonly hostname: string; readonly error: string } | null;
}

/** What one node said, under the name that it was asked by. */
export type Answer<T> = T & { readonly node: string };

const INTERNAL = 13;

/** A command's way to its nodes. Connects with the first call, so that a failure is that call's failure. */
export class Client {
  readonly target: Target;
  readonly #interruption: Interruption;
  #opening: Promise<Connection> | null = null;
  /** Of nodes that failed while others answered. */
  readonly #late: string[] = [];

  constructor(target: Target, interruption: Interruption) {
    this.target = target;
    this.#interruption = interruption;
    interruption.onSignal(() => this.close());
  }

  /** From 1.14 on: what failed is said when everything else has been. @throws CommandError. */
  finish(): void {
    if (this.#late.length > 0) throw joined(this.#late);
  }

  close(): void {
    this.#opening?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  async #connect(): Promise<Connection> {
    // An endpoint that went away is tried anew, with all the others.
    const known = await this.#opening?.catch(() => null);
    if (known !== undefined && known?.isOpen !== true) this.#opening = null;
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

  /** Where a call to one node has to go; maintenance mode knows no other nodes. */
  #metadataFor(node: string): CallRequest['metadata'] {
    return this.target.isInsecure ? {} : { node };
  }

  async #askEach<T extends Labelled>(
    method: string,
    type: Message<{ readonly messages: readonly T[] }>,
    message: Buffer,
    failed: string,
  ): Promise<readonly Answer<T>[]> {
    const path = `machine.MachineService/${method}`;
    const answers: Answer<T>[] = [];
    for (const node of this.target.nodes) {
      try {
        const bytes = await this.askNode(node, path, message);
        answers.push(...type.decode(bytes).messages.map((each) => ({ ...each, node })));
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        this.#late.push(`${failed} ${node}: ${error.message}`);
      }
    }
    return answers;
  }

  /** Maintenance mode, up to 1.13: one of the nodes answers. */
  async #askInsecurely<T extends Labelled>(
    method: string,
    type: Message<{ readonly messages: readonly T[] }>,
    message: Buffer,
    purpose: string,
  ): Promise<readonly Answer<T>[]> {
    const bytes = await this.askOne(method, message, purpose);
    const { address } = await this.#connect();
    return type.decode(bytes).messages.map((each) => ({ ...each, node: address }));
  }

  /** One node, by the calls of this client's generation. @throws CommandError. */
  async askOne(method: string, message: Buffer, purpose: string): Promise<Buffer> {
    const [node = ''] = this.target.nodes;
    const path = `machine.MachineService/${method}`;
    if (ASKS_EACH_NODE || this.target.isInsecure) {
      return this.askNode(node, path, message).catch((error: unknown) => {
        throw prefixedError(purpose, error);
      });
    }
    const bytes = await this.#unary({ path, message, metadata: { nodes: this.target.nodes } });
    const failed = EMPTY_RESPONSE.decode(bytes).messages.flatMap(({ metadata }) =>
      metadata !== null && metadata.error !== '' ? [`${metadata.hostname}: ${metadata.error}`] : [],
    );
    if (failed.length === 0) return bytes;
    throw new CommandError(`${purpose === '' ? '' : `${purpose}: `}${manyErrors(failed)}`);
  }

  /** @throws RpcError. */
  askNode(node: string, path: string, message: Buffer): Promise<Buffer> {
    return this.#unary({ path, message, metadata: this.#metadataFor(node) });
  }

  streamNode(node: string, path: string, message: Buffer): AsyncGenerator<Buffer> {
    return this.#stream({ path, message, metadata: this.#metadataFor(node) });
  }

  /** For those who must know whether it is the endpoint that fails. @throws RpcError. */
  async reach(): Promise<void> {
    await this.#connect();
  }

  /** Whatever endpoint answers, for itself. */
  streamAnywhere(path: string, message: Buffer): AsyncGenerator<Buffer> {
    return this.#stream({ path, message, metadata: {} });
  }

  async upload(node: string, path: string, frames: AsyncIterable<Buffer>): Promise<void> {
    const connection = await this.#connect();
    await connection.upload(path, node, frames);
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
    failedOn = 'error from node',
  ): Promise<readonly Answer<T>[]> {
    if (ASKS_EACH_NODE) return this.#askEach(method, type, request, failedOn);
    if (this.target.isInsecure) return this.#askInsecurely(method, type, request, purpose);
    const call: CallRequest = {
      path: `machine.MachineService/${method}`,
      message: request,
      metadata: { nodes: this.target.nodes },
    };
    const bytes = await this.#unary(call).catch((error: unknown) => {
      throw prefixedError(purpose, error);
    });
    const { messages } = type.decode(bytes);
    const failed = messages.flatMap(({ metadata }) =>
      metadata !== null && metadata.error !== '' ? [`${metadata.hostname}: ${metadata.error}`] : [],
    );
    const good = messages.filter(({ metadata }) => (metadata?.error ?? '') === '');
    if (failed.length > 0 && good.length === 0) {
      throw new CommandError(`${purpose === '' ? '' : `${purpose}: `}${manyErrors(failed)}`);
    }
    if (failed.length > 0) process.stderr.write(`WARNING: ${manyErrors(failed)}\n`);
    const { address } = await this.#connect();
    return good.map((message) => ({ ...message, node: message.metadata?.hostname || address }));
  }

  /** Streams of the machine API; the caller has made sure that there is one node. */
  streamMachine(method: string, message: Buffer): AsyncGenerator<Buffer> {
    return this.streamOne(`machine.MachineService/${method}`, message);
  }

  streamOne(path: string, message: Buffer): AsyncGenerator<Buffer> {
    const [node = '', ...others] = this.target.nodes;
    if (others.length === 0 && (ASKS_EACH_NODE || this.target.isInsecure)) {
      return this.streamNode(node, path, message);
    }
    return this.#stream({ path, message, metadata: { nodes: this.target.nodes } });
  }

  /** Resources are always asked for node by node. */
  getResource(node: string, message: Buffer): Promise<Buffer> {
    return this.#unary({
      path: 'cosi.resource.State/Get',
      message,
      metadata: this.#metadataFor(node),
    });
  }

  streamResources(node: string, method: 'List' | 'Watch', message: Buffer): AsyncGenerator<Buffer> {
    return this.streamNode(node, `cosi.resource.State/${method}`, message);
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

/** @throws CommandError for a command that makes sense on one node only. */
export function needOneNode(target: Target, command: string): void {
  const count = target.nodes.length;
  if (count <= 1) return;
  throw new CommandError(
    ASKS_EACH_NODE
      ? `command "${command}" requires exactly one node (got ${count})`
      : `command "${command}" is not supported with multiple nodes`,
  );
}
