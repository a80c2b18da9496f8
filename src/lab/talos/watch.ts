import { status } from '@grpc/grpc-js';
import { type Collection, type CollectionEvent, type Resource, tombstone } from './collection.js';
import { Failure } from './failure.js';
import { type Matcher, matcherOf, type ResourceQuery } from './query.js';

export interface WatchRequest {
  readonly namespace: string;
  readonly type: string;
  readonly id?: string;
  /** `id` when the request names one resource: the field is optional, and "" is not absent. */
  readonly _id?: 'id';
  readonly options: WatchOptions | null;
  readonly api_version: number;
}

export interface WatchOptions extends ResourceQuery {
  readonly bootstrap_contents: boolean;
  readonly tail_events: number;
  readonly aggregated: boolean;
  readonly start_from_bookmark?: Buffer;
  readonly _start_from_bookmark?: 'start_from_bookmark';
  readonly bootstrap_bookmark: boolean;
}

export interface WatchEvent {
  readonly resource?: Resource;
  readonly event_type: 'CREATED' | 'UPDATED' | 'DESTROYED' | 'BOOTSTRAPPED' | 'ERRORED' | 'NOOP';
  readonly old?: Resource;
  readonly error?: string;
  readonly bookmark?: Buffer;
}

export interface WatchResponse {
  readonly event: readonly WatchEvent[];
}

/** Where a stream's frames go; `isReady` is false while the reader is slow or nothing may be answered. */
export interface Outlet<Frame> {
  readonly isReady: boolean;
  readonly write: (frame: Frame) => void;
  readonly onReady: (listener: () => void) => void;
  readonly onClose: (listener: () => void) => void;
}

/** 8 random bytes of this boot and the position: a bookmark of another boot is worth nothing. */
export function bookmarkOf(cookie: Buffer, position: number): Buffer {
  const bookmark = Buffer.alloc(16);
  cookie.copy(bookmark, 0, 0, 8);
  bookmark.writeBigInt64BE(BigInt(position), 8);
  return bookmark;
}

/** talos-wire.md §4: what a watch sends, in order. Throws only before the first frame. */
export class Watch {
  readonly #collection: Collection;
  readonly #cookie: Buffer;
  readonly #outlet: Outlet<WatchResponse>;
  readonly #request: WatchRequest;
  readonly #matches: Matcher;
  /** Frames that wait for a slow reader; live events wait in the ring of the collection instead. */
  readonly #pending: WatchResponse[] = [];
  #next: number;
  #hasFailed = false;

  /** @throws Failure when the request cannot be served. */
  constructor(
    collection: Collection,
    cookie: Buffer,
    request: WatchRequest,
    outlet: Outlet<WatchResponse>,
  ) {
    this.#collection = collection;
    this.#cookie = cookie;
    this.#outlet = outlet;
    this.#request = request;
    this.#matches = this.#matcher();
    this.#next = this.#firstPosition();
  }

  start(): void {
    this.#pending.push({ event: [] });
    for (const event of this.#opening()) this.#enqueue(event);
    const unsubscribe = this.#collection.subscribe(() => this.#pump());
    this.#outlet.onClose(unsubscribe);
    this.#outlet.onReady(() => this.#pump());
    this.#pump();
  }

  #matcher(): Matcher {
    const { options } = this.#request;
    if (this.#request._id !== 'id') return matcherOf(options);
    if (options?.bootstrap_contents) throw unsupported('bootstrap contents');
    if (options !== null && options.label_query.length > 0) throw unsupported('label query');
    return (resource) => resource.metadata.id === this.#request.id;
  }

  #firstPosition(): number {
    const { options } = this.#request;
    const end = this.#collection.end;
    if (options?._start_from_bookmark === 'start_from_bookmark') {
      return this.#positionOf(options.start_from_bookmark ?? Buffer.alloc(0)) + 1;
    }
    const tail = options?.tail_events ?? 0;
    if (tail <= 0) return end;
    let position = end;
    for (let found = 0; position > this.#collection.start && found < tail; ) {
      position -= 1;
      const event = this.#collection.eventAt(position);
      if (event !== undefined && this.#matches(event.resource)) found += 1;
    }
    return position;
  }

  #positionOf(bookmark: Buffer): number {
    if (bookmark.length === 16 && this.#cookie.equals(bookmark.subarray(0, 8))) {
      const position = bookmark.readBigInt64BE(8);
      if (this.#collection.canResumeAfter(position)) return Number(position);
    }
    throw new Failure(status.FAILED_PRECONDITION, 'invalid watch bookmark');
  }

  /** Everything before the live events. */
  *#opening(): Generator<WatchEvent> {
    const { namespace, type, options } = this.#request;
    const isResumed = options?._start_from_bookmark === 'start_from_bookmark';
    if (this.#request._id === 'id') {
      if (isResumed || (options?.tail_events ?? 0) > 0) return;
      const id = this.#request.id ?? '';
      const resource = this.#collection.get(id);
      yield resource === undefined
        ? { event_type: 'DESTROYED', resource: tombstone(namespace, type, id) }
        : { event_type: 'CREATED', resource };
      return;
    }
    const last = bookmarkOf(this.#cookie, this.#collection.end - 1);
    if (options?.bootstrap_contents) {
      for (const resource of this.#collection.all()) {
        if (this.#matches(resource)) yield { event_type: 'CREATED', resource };
      }
      if (this.#request.api_version < 1) return;
      const resource = tombstone(namespace, type, '');
      yield { event_type: 'BOOTSTRAPPED', resource, bookmark: last };
    } else if (options?.bootstrap_bookmark && !isResumed) {
      yield { event_type: 'NOOP', resource: tombstone(namespace, type, ''), bookmark: last };
    }
  }

  #enqueue(event: WatchEvent): void {
    const last = this.#pending.at(-1);
    // The hello frame stays empty: clients wait for it before they look at anything else.
    if (this.#request.options?.aggregated && last !== undefined && last.event.length > 0) {
      this.#pending[this.#pending.length - 1] = { event: [...last.event, event] };
    } else {
      this.#pending.push({ event: [event] });
    }
  }

  #pump(): void {
    while (this.#outlet.isReady) {
      if (this.#pending.length === 0) this.#takeLive();
      const frame = this.#pending.shift();
      if (frame === undefined) return;
      this.#outlet.write(frame);
    }
  }

  #takeLive(): void {
    const isAggregated = this.#request.options?.aggregated === true;
    while (!this.#hasFailed && (isAggregated || this.#pending.length === 0)) {
      if (this.#collection.hasLapped(this.#next)) {
        this.#overrun();
        return;
      }
      const event = this.#collection.eventAt(this.#next);
      if (event === undefined) return;
      const position = this.#next;
      this.#next += 1;
      const seen = this.#asSeen(event);
      if (seen !== null) {
        this.#enqueue({ ...seen, bookmark: bookmarkOf(this.#cookie, position) });
      }
    }
  }

  /** The stream stays open and silent afterwards: the client has to notice (talos-wire.md §4, 8). */
  #overrun(): void {
    this.#hasFailed = true;
    if (this.#request.api_version < 1) return;
    const { namespace, type } = this.#request;
    this.#pending.push({
      event: [
        {
          event_type: 'ERRORED',
          error: `buffer overrun: namespace "${namespace}" type "${type}", write pos ${this.#collection.end}, read pos ${this.#next}`,
        },
      ],
    });
  }

  /** Through a filter, an update that starts or stops matching is a creation or a destruction. */
  #asSeen(event: CollectionEvent): CollectionEvent | null {
    const matchesNow = this.#matches(event.resource);
    if (event.event_type !== 'UPDATED' || event.old === undefined) return matchesNow ? event : null;
    const matchedBefore = this.#matches(event.old);
    if (matchesNow && matchedBefore) return event;
    if (matchesNow) return { event_type: 'CREATED', resource: event.resource };
    return matchedBefore ? { event_type: 'DESTROYED', resource: event.resource } : null;
  }
}

const unsupported = (what: string): Failure =>
  new Failure(status.UNIMPLEMENTED, `${what} is not supported for a watch of one resource`);
