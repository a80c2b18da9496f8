import type { KubeChange, KubeObject, KubeResource } from '../../world/types.js';
import type { World } from '../../world/world-type.js';
import { keyOf, objectKey } from './object.js';
import type { ResourceType } from './registry.js';

export interface CachedChange extends KubeChange {
  /** The object before this change; undefined when it was added. */
  readonly previous: KubeObject | undefined;
}

/**
 * The API server's watch cache over the world's objects. It also remembers what every object was before a
 * change: a watch with a selector has to say DELETED when an object leaves the selection.
 */
export class WatchCache {
  readonly #world: World;
  readonly #objects = new Map<KubeResource, Map<string, KubeObject>>();
  #changes: CachedChange[] = [];
  #readRevision: number;
  #oldestRevision: number;
  readonly #listeners = new Map<KubeResource, Set<(change: CachedChange) => void>>();
  readonly #unsubscribe: () => void;
  #foundings: number;

  constructor(world: World) {
    this.#world = world;
    this.#foundings = world.kube.foundings;
    this.#readRevision = world.etcd.revision;
    this.#oldestRevision = world.etcd.revision;
    this.#fill();
    this.#unsubscribe = world.subscribe((topics) => {
      if (topics.some((topic) => topic.startsWith('kube:'))) this.#read();
    });
  }

  /** From nothing: everything as it is now. */
  #fill(): void {
    const { kube, etcd } = this.#world;
    this.#objects.clear();
    for (const [resource, objects] of kube.objects) this.#objects.set(resource, new Map(objects));
    this.#changes = [];
    this.#foundings = kube.foundings;
    this.#readRevision = etcd.revision;
    this.#oldestRevision = etcd.revision;
  }

  get revision(): number {
    return this.#world.etcd.revision;
  }

  /** A watch or page from before this revision is too old. */
  get oldestRevision(): number {
    return Math.max(this.#oldestRevision, this.#world.kube.compactedRevision);
  }

  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#of(type).get(keyOf(namespace, name));
  }

  /** In the order of their keys, as etcd ranges give them. */
  list(type: ResourceType): readonly KubeObject[] {
    return sorted(this.#of(type));
  }

  /** The list as it was at an earlier revision that is not too old. */
  listAt(type: ResourceType, revision: number): readonly KubeObject[] {
    const objects = new Map(this.#of(type));
    for (const change of this.changesSince(type, revision).toReversed()) {
      const key = objectKey(change.object);
      if (change.previous === undefined) objects.delete(key);
      else objects.set(key, change.previous);
    }
    return sorted(objects);
  }

  changesSince(type: ResourceType, revision: number): readonly CachedChange[] {
    return this.#changes.filter(
      (change) => change.revision > revision && change.resource === type.storedAs,
    );
  }

  subscribe(type: ResourceType, listener: (change: CachedChange) => void): () => void {
    if (type.storedAs === null) return () => {};
    const listeners = this.#listeners.get(type.storedAs) ?? new Set();
    this.#listeners.set(type.storedAs, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #of(type: ResourceType): ReadonlyMap<string, KubeObject> {
    return (type.storedAs === null ? undefined : this.#objects.get(type.storedAs)) ?? new Map();
  }

  /** Takes what the world wrote since the last time, in order. */
  #read(): void {
    const { changes, compactedRevision, foundings } = this.#world.kube;
    // Another cluster, or an older state of this one: what was read before means nothing.
    if (foundings !== this.#foundings) this.#fill();
    const unread: KubeChange[] = [];
    for (let index = changes.length - 1; index >= 0; index -= 1) {
      const change = changes[index];
      if (change === undefined || change.revision <= this.#readRevision) break;
      unread.push(change);
    }
    if ((this.#changes[0]?.revision ?? Number.POSITIVE_INFINITY) <= compactedRevision) {
      this.#changes = this.#changes.filter(({ revision }) => revision > compactedRevision);
    }
    for (const change of unread.reverse()) this.#apply(change);
  }

  #apply(change: KubeChange): void {
    const objects = this.#objects.get(change.resource) ?? new Map<string, KubeObject>();
    this.#objects.set(change.resource, objects);
    const key = objectKey(change.object);
    const cached = { ...change, previous: objects.get(key) };
    if (change.type === 'DELETED') objects.delete(key);
    else objects.set(key, change.object);
    this.#readRevision = change.revision;
    this.#changes.push(cached);
    for (const listener of this.#listeners.get(change.resource) ?? []) listener(cached);
  }
}

const sorted = (objects: ReadonlyMap<string, KubeObject>): readonly KubeObject[] =>
  [...objects.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
