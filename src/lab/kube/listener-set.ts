import { type Listener, type ListenerOptions, openListener } from './listener.js';

/** A port that should be open now. */
export interface WantedListener extends ListenerOptions {
  /** A different key at the same address closes the old port first: the address moved to another machine. */
  readonly key: string;
}

/** Opens and closes ports until they are those that the world asks for. */
export class ListenerSet {
  readonly #wanted: () => readonly WantedListener[];
  readonly #open = new Map<string, Listener>();
  #settled: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(wanted: () => readonly WantedListener[]) {
    this.#wanted = wanted;
  }

  /** Silence takes effect at once, opening and closing in turn. @throws Error when an address is taken. */
  reconcile(): Promise<void> {
    for (const { key, isSilent } of this.#wanted()) this.#open.get(key)?.gate.set(isSilent);
    const done = this.#settled.then(() => this.#apply());
    this.#settled = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#settled;
    await Promise.all([...this.#open.values()].map((listener) => listener.close()));
    this.#open.clear();
  }

  async #apply(): Promise<void> {
    const wanted = new Map((this.#isClosed ? [] : this.#wanted()).map((each) => [each.key, each]));
    const gone = [...this.#open.entries()].filter(([key]) => !wanted.has(key));
    for (const [key] of gone) this.#open.delete(key);
    await Promise.all(gone.map(([, listener]) => listener.close()));
    const missing = [...wanted.values()].filter(({ key }) => !this.#open.has(key));
    await Promise.all(
      missing.map(async (options) => {
        const listener = await openListener(options);
        this.#open.set(options.key, listener);
      }),
    );
  }
}
