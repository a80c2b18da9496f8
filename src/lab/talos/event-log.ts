import type { Noted } from '../world/talos-journal.js';
import type { LabNode, LabService, World } from '../world/types.js';
import {
  addressEvent,
  type EventData,
  occurrenceEvent,
  serviceEvent,
  statusEvent,
  xid,
} from './event-frames.js';
import { endsPass } from './event-turns.js';

/** talos-wire.md §9: the ring of a node holds its last thousand events and does not survive a boot. */
const KEPT = 1000;

export interface EventFrame {
  readonly data: EventData;
  /** xid: sortable by time. */
  readonly id: string;
  readonly actor_id: string;
}

/** What is told as it happens. */
export interface Told {
  readonly frame: EventFrame;
  readonly atMs: number;
  readonly endsPass: boolean;
}

/**
 * What one node reports through MachineService/Events since its boot: what its sequences say, and what changed
 * when it is compared with what it was.
 */
export class EventLog {
  readonly bootId: string;
  readonly #node: LabNode;
  readonly #world: World;
  readonly #kept: Told[] = [];
  readonly #listeners = new Set<(told: Told) => void>();
  readonly #startedAtMs: number;
  #counter: number;
  #status: string;
  #services: Map<string, LabService['events'][number] | undefined>;
  #hasHistory: boolean;

  constructor(node: LabNode, world: World) {
    this.bootId = node.bootId;
    this.#node = node;
    this.#world = world;
    this.#counter = node.index << 8;
    this.#startedAtMs = world.clock.now();
    const { journal } = node;
    const isFresh = node.bootedAtMs >= this.#startedAtMs;
    // A node that has just booted starts from nothing: its first state is an event.
    this.#status = isFresh ? '' : statusText(node);
    this.#services = isFresh ? new Map() : lastEvents(node);
    this.#hasHistory = isFresh;
    for (const note of journal.notes) this.#take(note);
    journal.onNote((note) => this.#take(note));
  }

  /** A new id, as the empty first frame of a stream needs one too. */
  nextId(atMs = this.#world.clock.now()): string {
    this.#counter += 1;
    return xid(atMs, this.bootId, this.#counter);
  }

  subscribe(listener: (told: Told) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `count` −1 = all, 0 = none. */
  tail(count: number): readonly Told[] {
    if (count === 0) return [];
    return count < 0 ? this.#all() : this.#all().slice(-count);
  }

  since(fromMs: number): readonly Told[] {
    return this.#all().filter(({ atMs }) => atMs >= fromMs);
  }

  after(id: string): readonly Told[] {
    return this.#all().filter(({ frame }) => frame.id > id);
  }

  /** Compares the node with what was last seen of it. */
  observe(): void {
    const node = this.#node;
    const status = statusText(node);
    if (status !== this.#status) {
      this.#status = status;
      this.#push(statusEvent(node.stage, node.unmetConditions, node.isReady));
    }
    for (const service of node.services.values()) this.#observeService(service);
    this.#services = lastEvents(node);
  }

  /** Every transition since the last look is an event of its own. */
  #observeService(service: LabService): void {
    const seen = this.#services.get(service.id);
    const fresh = seen === undefined ? service.events : after(service.events, seen);
    for (const { atMs, state, message } of fresh) {
      this.#push(serviceEvent(service, state, message), '', atMs);
    }
  }

  #take(note: Noted): void {
    // A sequence's first word comes before what it changes, its last one after.
    this.#push(occurrenceEvent(note.what), note.actorId, note.atMs, endsPass(note.what));
  }

  #push(data: EventData, actorId = '', atMs = this.#world.clock.now(), isTurn = false): void {
    const frame: EventFrame = { data, id: this.nextId(atMs), actor_id: actorId };
    const told: Told = { atMs, frame, endsPass: isTurn };
    this.#kept.push(told);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const listener of [...this.#listeners]) listener(told);
  }

  /** What a machine that has been running for days still has of its boot: told when somebody asks. */
  #all(): readonly Told[] {
    if (!this.#hasHistory) {
      this.#hasHistory = true;
      this.#kept.unshift(...this.#history());
    }
    return this.#kept;
  }

  #history(): readonly Told[] {
    const node = this.#node;
    const told: { readonly atMs: number; readonly data: EventData }[] = [];
    for (const service of node.services.values()) {
      for (const { atMs, state, message } of service.events) {
        told.push({ atMs, data: serviceEvent(service, state, message) });
      }
    }
    const bootedAtMs = node.bootedAtMs;
    const sequence = (name: 'initialize' | 'boot', action: 'START' | 'STOP') =>
      occurrenceEvent({ kind: 'sequence', sequence: name, action });
    told.push(
      { atMs: bootedAtMs, data: sequence('initialize', 'START') },
      { atMs: bootedAtMs + 1, data: statusEvent('booting', [], false) },
      { atMs: bootedAtMs + 3000, data: addressEvent(node.hostname, [node.address]) },
      { atMs: bootedAtMs + 4000, data: sequence('initialize', 'STOP') },
      { atMs: bootedAtMs + 4001, data: sequence('boot', 'START') },
      { atMs: bootedAtMs + 24_000, data: sequence('boot', 'STOP') },
      { atMs: bootedAtMs + 25_000, data: statusEvent('running', [], true) },
    );
    return told
      .filter(({ atMs }) => atMs <= this.#startedAtMs)
      .sort((left, right) => left.atMs - right.atMs)
      .map(({ atMs, data }, index) => ({
        atMs,
        frame: { data, id: xid(atMs, this.bootId, index), actor_id: '' },
        endsPass: false,
      }));
  }
}

const statusText = (node: LabNode): string =>
  JSON.stringify([node.stage, node.isReady, node.unmetConditions]);

type ServiceEvents = LabService['events'];

const lastEvents = (node: LabNode): Map<string, ServiceEvents[number] | undefined> =>
  new Map([...node.services.values()].map(({ id, events }) => [id, events.at(-1)]));

const after = (events: ServiceEvents, seen: ServiceEvents[number]): ServiceEvents =>
  events.slice(events.indexOf(seen) + 1);
