import type { LabNode, LabService, ServiceState, Stage, World } from '../world/types.js';
import { encode } from './protos.js';

/** talos-wire.md §9: the ring of a node holds its last thousand events and does not survive a boot. */
const KEPT = 1000;
const XID_ALPHABET = '0123456789abcdefghijklmnopqrstuv';
const URL_PREFIX = 'talos/runtime/';

export interface EventFrame {
  readonly data: { readonly type_url: string; readonly value: Buffer };
  /** xid: sortable by time. */
  readonly id: string;
  readonly actor_id: string;
}

interface Kept {
  readonly atMs: number;
  readonly frame: EventFrame;
}

const STAGE_NAME: Readonly<Record<Stage, string>> = {
  booting: 'BOOTING',
  installing: 'INSTALLING',
  maintenance: 'MAINTENANCE',
  running: 'RUNNING',
  rebooting: 'REBOOTING',
  'shutting down': 'SHUTTING_DOWN',
  resetting: 'RESETTING',
  upgrading: 'UPGRADING',
};

const ACTION: Readonly<Record<ServiceState, string>> = {
  Initialized: 'INITIALIZED',
  Preparing: 'PREPARING',
  Waiting: 'WAITING',
  Starting: 'STARTING',
  Running: 'RUNNING',
  Stopping: 'STOPPING',
  Finished: 'FINISHED',
  Failed: 'FAILED',
  Skipped: 'SKIPPED',
};

/** What one node reports through MachineService/Events, found by comparing it with what it was. */
export class EventLog {
  readonly bootId: string;
  readonly #node: LabNode;
  readonly #world: World;
  readonly #kept: Kept[] = [];
  readonly #listeners = new Set<(frame: EventFrame) => void>();
  #counter: number;
  #status: string;
  #services: Map<string, string>;

  constructor(node: LabNode, world: World) {
    this.bootId = node.bootId;
    this.#node = node;
    this.#world = world;
    this.#counter = node.index << 8;
    this.#status = statusText(node);
    this.#services = serviceTexts(node);
  }

  /** A new id, as the empty first frame of a stream needs one too. */
  nextId(): string {
    this.#counter = (this.#counter + 1) & 0xffffff;
    const raw = Buffer.alloc(12);
    raw.writeUInt32BE(Math.floor(this.#world.clock.now() / 1000) >>> 0, 0);
    raw.write(this.bootId.replaceAll('-', '').slice(0, 10), 4, 'hex');
    raw.writeUIntBE(this.#counter, 9, 3);
    return base32Hex(raw);
  }

  subscribe(listener: (frame: EventFrame) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `count` −1 = all, 0 = none. */
  tail(count: number): readonly EventFrame[] {
    const frames = this.#kept.map(({ frame }) => frame);
    return count < 0 ? frames : count === 0 ? [] : frames.slice(-count);
  }

  since(seconds: number): readonly EventFrame[] {
    const fromMs = this.#world.clock.now() - seconds * 1000;
    return this.#kept.filter(({ atMs }) => atMs >= fromMs).map(({ frame }) => frame);
  }

  after(id: string): readonly EventFrame[] {
    return this.#kept.filter(({ frame }) => frame.id > id).map(({ frame }) => frame);
  }

  /** Compares the node with what was last seen of it. */
  observe(): void {
    const status = statusText(this.#node);
    if (status !== this.#status) {
      this.#status = status;
      this.#push('machine.MachineStatusEvent', {
        stage: STAGE_NAME[this.#node.stage],
        status: { ready: this.#node.isReady, unmet_conditions: this.#node.unmetConditions },
      });
    }
    const services = serviceTexts(this.#node);
    for (const [id, text] of services) {
      const service = this.#node.services.get(id);
      if (service !== undefined && this.#services.get(id) !== text) {
        this.#push('machine.ServiceStateEvent', serviceEvent(service));
      }
    }
    this.#services = services;
  }

  #push(name: string, message: object): void {
    const frame: EventFrame = {
      data: { type_url: `${URL_PREFIX}${name}`, value: encode('machine.proto', name, message) },
      id: this.nextId(),
      actor_id: '',
    };
    this.#kept.push({ atMs: this.#world.clock.now(), frame });
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const listener of [...this.#listeners]) listener(frame);
  }
}

const statusText = (node: LabNode): string =>
  JSON.stringify([node.stage, node.isReady, node.unmetConditions]);

const serviceTexts = (node: LabNode): Map<string, string> =>
  new Map(
    [...node.services.values()].map(({ id, state, isHealthy }) => [id, `${state} ${isHealthy}`]),
  );

function serviceEvent(service: LabService): object {
  return {
    service: service.id,
    action: ACTION[service.state],
    message: service.events.at(-1)?.message ?? '',
    health: {
      unknown: service.isHealthy === null,
      healthy: service.isHealthy === true,
      last_message: service.lastMessage,
      last_change: {
        seconds: Math.floor(service.healthChangedAtMs / 1000),
        nanos: (service.healthChangedAtMs % 1000) * 1_000_000,
      },
    },
  };
}

function base32Hex(bytes: Buffer): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  // 96 bits are 19.2 digits: the last one carries a single bit and four zeros.
  bits <<= 4n;
  let text = '';
  for (let digit = 0; digit < 20; digit += 1) {
    text = XID_ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}

/** 20 characters of base32hex. */
export const isXid = (text: string): boolean => /^[0-9a-v]{20}$/.test(text);
