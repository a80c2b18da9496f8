import type { YamlValue } from './go-yaml.js';

/** Wire form of cosi.resource.Resource. Immutable: shared by the store, the ring and every open stream. */
export interface Resource {
  readonly metadata: ResourceMetadata;
  readonly spec: { readonly proto_spec: Buffer; readonly yaml_spec: string };
}

export interface ResourceMetadata {
  readonly namespace: string;
  readonly type: string;
  readonly id: string;
  /** Decimal, or `undefined` for a tombstone. */
  readonly version: string;
  readonly owner: string;
  readonly phase: 'running' | 'tearingDown';
  readonly created: Timestamp;
  readonly updated: Timestamp;
  readonly finalizers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** What a resource should be now; the collection gives it version and times. */
export interface Desired {
  readonly id: string;
  readonly yaml: string;
  /** What `yaml` was made of. */
  readonly spec?: YamlValue;
  readonly proto?: Buffer;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface CollectionEvent {
  readonly event_type: 'CREATED' | 'UPDATED' | 'DESTROYED';
  readonly resource: Resource;
  readonly old?: Resource;
}

export interface CollectionIdentity {
  readonly namespace: string;
  readonly type: string;
  readonly owner: string;
}

/** History that a watch can replay: talos keeps up to 1024, too much for a thousand nodes in one process. */
const CAPACITY = 100;
/** The writer may be this close behind a reader before the reader counts as lapped (talos: WithHistoryGap(4)). */
const GAP = 4;

const NO_BYTES = Buffer.alloc(0);

export const timestamp = (ms: number): Timestamp => ({
  seconds: Math.floor(ms / 1000),
  nanos: (Math.floor(ms) % 1000) * 1_000_000,
});

/** All resources of one type in one namespace of one node, with their recent history. */
export class Collection {
  readonly identity: CollectionIdentity;
  readonly #byId = new Map<string, Resource>();
  readonly #ring: CollectionEvent[] = [];
  readonly #listeners = new Set<() => void>();
  /** Position of the next event. */
  #end = 0;

  constructor(identity: CollectionIdentity, contents: readonly Desired[], nowMs: number) {
    this.identity = identity;
    for (const desired of contents) {
      this.#byId.set(desired.id, this.#resource(desired, 1, timestamp(nowMs), timestamp(nowMs)));
    }
  }

  get end(): number {
    return this.#end;
  }

  get(id: string): Resource | undefined {
    return this.#byId.get(id);
  }

  /** Ordered by id, as the store of a node lists them. */
  all(): readonly Resource[] {
    return [...this.#byId.values()].sort((left, right) =>
      compare(left.metadata.id, right.metadata.id),
    );
  }

  /** undefined: not written yet. */
  eventAt(position: number): CollectionEvent | undefined {
    return position >= this.#end ? undefined : this.#ring[position % CAPACITY];
  }

  hasLapped(position: number): boolean {
    return this.#end - position > CAPACITY - GAP;
  }

  /** Whether a watch may go on after the event at this position; −1 stands for "before the first". */
  canResumeAfter(position: bigint): boolean {
    if (position < -1n || position >= BigInt(this.#end)) return false;
    return !this.hasLapped(Number(position) + 1);
  }

  /** Oldest position that can still be read. */
  get start(): number {
    return Math.max(0, this.#end - (CAPACITY - GAP));
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Turns the difference to what is stored into events. */
  apply(contents: readonly Desired[], nowMs: number): void {
    const before = this.#end;
    const now = timestamp(nowMs);
    const seen = new Set<string>();
    for (const desired of contents) {
      seen.add(desired.id);
      this.#put(desired, now);
    }
    for (const resource of [...this.#byId.values()]) {
      if (!seen.has(resource.metadata.id)) this.#remove(resource, now);
    }
    if (this.#end !== before) for (const listener of [...this.#listeners]) listener();
  }

  #put(desired: Desired, now: Timestamp): void {
    const old = this.#byId.get(desired.id);
    if (old !== undefined && isSame(old, desired)) return;
    const version = old === undefined ? 1 : Number(old.metadata.version) + 1;
    const resource = this.#resource(desired, version, old?.metadata.created ?? now, now);
    this.#byId.set(desired.id, resource);
    this.#push(
      old === undefined
        ? { event_type: 'CREATED', resource }
        : { event_type: 'UPDATED', resource, old },
    );
  }

  /** Controllers tear a resource down before they destroy it: two events. */
  #remove(old: Resource, now: Timestamp): void {
    const version = String(Number(old.metadata.version) + 1);
    const resource: Resource = {
      ...old,
      metadata: { ...old.metadata, version, phase: 'tearingDown', updated: now },
    };
    this.#byId.delete(old.metadata.id);
    this.#push({ event_type: 'UPDATED', resource, old });
    this.#push({ event_type: 'DESTROYED', resource });
  }

  #push(event: CollectionEvent): void {
    this.#ring[this.#end % CAPACITY] = event;
    this.#end += 1;
  }

  #resource(desired: Desired, version: number, created: Timestamp, updated: Timestamp): Resource {
    return {
      metadata: {
        namespace: this.identity.namespace,
        type: this.identity.type,
        id: desired.id,
        version: String(version),
        owner: this.identity.owner,
        phase: 'running',
        created,
        updated,
        finalizers: [],
        labels: desired.labels ?? {},
        annotations: desired.annotations ?? {},
      },
      spec: { proto_spec: desired.proto ?? NO_BYTES, yaml_spec: desired.yaml },
    };
  }
}

/** What stands for a resource that is not there: identity only, version `undefined`, empty spec. */
export const tombstone = (namespace: string, type: string, id: string): Resource => ({
  metadata: {
    namespace,
    type,
    id,
    version: 'undefined',
    owner: '',
    phase: 'running',
    created: { seconds: 0, nanos: 0 },
    updated: { seconds: 0, nanos: 0 },
    finalizers: [],
    labels: {},
    annotations: {},
  },
  spec: { proto_spec: NO_BYTES, yaml_spec: '' },
});

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const isSame = (resource: Resource, desired: Desired): boolean =>
  resource.spec.yaml_spec === desired.yaml &&
  JSON.stringify(resource.metadata.labels) === JSON.stringify(desired.labels ?? {}) &&
  JSON.stringify(resource.metadata.annotations) === JSON.stringify(desired.annotations ?? {});
