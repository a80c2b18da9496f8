import { randomBytes } from 'node:crypto';
import { Collection } from './collection.js';
import { findKind } from './kinds/catalogue.js';
import type { Follow, Kind, NodeView } from './kinds/kind.js';

interface Kept {
  readonly kind: Kind;
  readonly collection: Collection;
  basis: unknown;
}

/**
 * The COSI state of one node since its boot. A collection is made when somebody first asks for it: a lab of a
 * thousand nodes has sixty thousand of them, and a console reads a few.
 */
export class NodeStore {
  /** First half of every bookmark: a reboot makes all of them worthless. */
  readonly cookie = randomBytes(8);
  readonly bootId: string;
  readonly #view: NodeView;
  readonly #kept = new Map<string, Kept>();

  constructor(view: NodeView) {
    this.#view = view;
    this.bootId = view.node.bootId;
  }

  /** An unknown type or a wrong namespace is an empty collection, not an error (talos-wire.md §4, 9). */
  collection(namespace: string, type: string): Collection {
    const key = `${namespace}/${type}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept.collection;
    const kind = findKind(namespace, type, this.#view.node.talosVersion);
    const identity = { namespace, type, owner: kind?.owner ?? '' };
    const contents = kind === undefined ? [] : kind.list(this.#view);
    const collection = new Collection(identity, contents, this.#view.world.clock.now());
    if (kind !== undefined) {
      this.#kept.set(key, { kind, collection, basis: kind.basis?.(this.#view) });
    }
    return collection;
  }

  /** Everything that the node itself determines. */
  refreshOwn(): void {
    for (const kept of this.#kept.values()) {
      if (!kept.kind.follows.includes('perf')) this.#refresh(kept);
    }
  }

  refreshFollowers(follow: Follow): void {
    for (const kept of this.#kept.values()) {
      if (kept.kind.follows.includes(follow)) this.#refresh(kept);
    }
  }

  #refresh(kept: Kept): void {
    const { kind, collection } = kept;
    if (kind.basis !== undefined) {
      const basis = kind.basis(this.#view);
      if (basis === kept.basis) return;
      kept.basis = basis;
    }
    collection.apply(kind.list(this.#view), this.#view.world.clock.now());
  }
}
