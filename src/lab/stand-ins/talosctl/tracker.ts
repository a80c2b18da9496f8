import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.js';
import type { Call } from './commands/command.js';
import { withClient } from './commands/command.js';
import {
  CANCELED,
  CommandError,
  PERMISSION_DENIED,
  RpcError,
  SaidError,
  textOf,
  UNAVAILABLE,
} from './errors.js';
import { decodeEvent, type MachineEvent } from './machine-events.js';
import { DATA } from './messages.js';
import { numberField, stringField } from './protobuf.js';
import { checkVersions } from './version-check.js';

/** go-retry: what is expected to fail is tried again after a second. */
const RETRY_MS = 1000;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const ALL_EVENTS = -1;

/** An order to a machine, watched until it is carried out. */
export interface TrackedAction {
  /** @returns the id of the actor, which marks the events of this order. */
  readonly act: (client: Client, node: string) => Promise<string>;
  readonly isReached: (event: MachineEvent) => boolean;
  /** Absent: the event is proof enough. */
  readonly isProved?: (client: Client, node: string, bootIdBefore: string) => Promise<boolean>;
  readonly timeoutMs: number;
}

export const isMachineReady = ({ isMachineReady: isReady }: MachineEvent): boolean => isReady;
export const isStopping = ({ task }: MachineEvent): boolean => task === 'stopAllServices';

export async function bootIdOf(client: Client, node: string): Promise<string> {
  const chunks: Buffer[] = [];
  const path = 'machine.MachineService/Read';
  for await (const frame of client.streamNode(node, path, stringField(1, BOOT_ID))) {
    chunks.push(DATA.decode(frame).bytes);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** talos: BootIDChangedPostCheckFn. */
export const hasRebooted: NonNullable<TrackedAction['isProved']> = async (client, node, before) =>
  before === UNKNOWN_BOOT || (await bootIdOf(client, node)) !== before;

/** Who may not read the boot id is not asked for it again. */
const UNKNOWN_BOOT = '(unauthorized)';

const isLost = (error: unknown): boolean =>
  error instanceof RpcError && [UNAVAILABLE, CANCELED].includes(error.code);

/** All nodes at once. What fails is told where it fails. @throws SaidError */
export async function track(call: Call, action: TrackedAction): Promise<void> {
  await withClient(call, async (client) => {
    await checkVersions(client);
    const ends = client.target.nodes.map(async (node) => {
      try {
        await new NodeTracker(client, node, action, call).run();
        return true;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        if (!call.interruption.hasHappened && !(error instanceof SaidError)) {
          say(node, textOf(error));
        }
        return false;
      }
    });
    const isGood = (await Promise.all(ends)).every((isDone) => isDone);
    // talos: a cancelled context is no error.
    if (!isGood && !call.interruption.hasHappened) throw new SaidError();
  });
}

const say = (node: string, text: string): void => {
  process.stderr.write(`${JSON.stringify(node)}: ${text}\n`);
};

/** What ends one pass over the events and begins another. */
class Turn extends CommandError {}

class NodeTracker {
  readonly #client: Client;
  readonly #node: string;
  readonly #action: TrackedAction;
  readonly #call: Call;
  readonly #deadline: number;
  #actorId: string | null = null;
  #tail = 0;

  constructor(client: Client, node: string, action: TrackedAction, call: Call) {
    this.#client = client;
    this.#node = node;
    this.#action = action;
    this.#call = call;
    this.#deadline = performance.now() + action.timeoutMs;
  }

  async run(): Promise<void> {
    const timer = setTimeout(() => this.#client.close(), this.#action.timeoutMs);
    try {
      const { act, isProved } = this.#action;
      const before = isProved === undefined ? '' : await this.#bootIdBefore();
      await this.#events(() => act(this.#client, this.#node));
      if (isProved === undefined) return;
      await this.#prove(isProved, before);
    } finally {
      clearTimeout(timer);
    }
  }

  async #bootIdBefore(): Promise<string> {
    try {
      return await bootIdOf(this.#client, this.#node);
    } catch (error) {
      if (error instanceof RpcError && error.code === PERMISSION_DENIED) return UNKNOWN_BOOT;
      throw error;
    }
  }

  /** @throws SaidError when the time is over: talosctl ends without a word. */
  async #pause(): Promise<void> {
    if (this.#call.interruption.hasHappened || performance.now() >= this.#deadline) {
      throw new SaidError();
    }
    await sleep(RETRY_MS);
  }

  async #events(act: () => Promise<string>): Promise<void> {
    for (;;) {
      try {
        await this.#pass(act);
        return;
      } catch (error) {
        if (!(error instanceof CommandError) || this.#actorId === null) throw error;
        if (isLost(error)) {
          say(this.#node, 'unavailable, retrying...');
          this.#tail = ALL_EVENTS;
          this.#actorId = '';
        } else {
          say(this.#node, `error: ${error.message}`);
          if (!(error instanceof Turn)) throw new SaidError();
        }
      }
      await this.#pause();
    }
  }

  /** The stream is opened first, so that nothing of the order is missed. */
  async #pass(act: () => Promise<string>): Promise<void> {
    const request = numberField(1, this.#tail);
    const path = 'machine.MachineService/Events';
    let isHello = true;
    for await (const frame of this.#client.streamNode(this.#node, path, request)) {
      if (isHello) {
        isHello = false;
        await this.#begin(act);
        continue;
      }
      if (this.#take(decodeEvent(frame))) return;
    }
    throw new RpcError(UNAVAILABLE, 'EOF');
  }

  async #begin(act: () => Promise<string>): Promise<void> {
    if (this.#actorId !== null) return;
    say(this.#node, 'waiting for actor ID');
    const actorId = await act();
    this.#actorId = actorId;
    say(this.#node, `actor ID: ${actorId}`);
  }

  /** @returns whether this is what was waited for. @throws Turn, CommandError */
  #take(event: MachineEvent): boolean {
    if (this.#action.isReached(event)) {
      say(this.#node, 'events check condition met');
      return true;
    }
    if (event.actorId !== this.#actorId || event.text === null) return false;
    say(this.#node, event.text);
    if (event.task === 'stopAllServices') throw new Turn('stopAllServices task completed');
    if (event.sequence === 'reboot') throw new Turn('reboot sequence completed');
    if (event.failure !== '') throw new CommandError(`sequence error: ${event.failure}`);
    return false;
  }

  async #prove(
    isProved: NonNullable<TrackedAction['isProved']>,
    bootIdBefore: string,
  ): Promise<void> {
    for (;;) {
      try {
        if (await isProved(this.#client, this.#node, bootIdBefore)) {
          say(this.#node, 'post check passed');
          return;
        }
      } catch (error) {
        if (!isLost(error)) throw error;
        say(this.#node, 'unavailable, retrying...');
      }
      await this.#pause();
    }
  }
}
