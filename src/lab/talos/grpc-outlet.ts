import type { StreamCall, StreamOutlet } from './calls.js';
import type { LiveCall } from './live-call.js';

/** The writing side of one gRPC stream: waits for slow readers and while nothing may be said. */
export class GrpcOutlet implements StreamOutlet {
  readonly #call: StreamCall;
  readonly #live: LiveCall;
  readonly #label: (frame: object) => object;
  readonly #finish: () => void;
  readonly #readyListeners = new Set<() => void>();
  #isFull = false;

  constructor(
    call: StreamCall,
    live: LiveCall,
    label: (frame: object) => object,
    finish: () => void,
  ) {
    this.#call = call;
    this.#live = live;
    this.#label = label;
    this.#finish = finish;
    call.on('drain', () => {
      this.#isFull = false;
      this.#announce();
    });
    live.onChange(() => this.#announce());
  }

  get maySpeak(): boolean {
    return this.#live.mayBegin;
  }

  get isReady(): boolean {
    return !this.#isFull && this.#live.maySpeak;
  }

  write(frame: object): void {
    if (this.#live.isOver) return;
    this.#isFull = !this.#call.write(this.#label(frame));
  }

  onReady(listener: () => void): void {
    this.#readyListeners.add(listener);
  }

  onClose(listener: () => void): void {
    this.#live.onClose(listener);
  }

  ready(): Promise<boolean> {
    if (this.#live.isOver) return Promise.resolve(false);
    if (this.isReady) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (isReady: boolean): void => {
        this.#readyListeners.delete(check);
        forget();
        resolve(isReady);
      };
      const check = (): void => {
        if (this.isReady) done(true);
      };
      this.#readyListeners.add(check);
      const forget = this.#live.onClose(() => done(false));
    });
  }

  /** The node has said everything. */
  end(): void {
    if (this.#live.isOver) return;
    this.#live.close();
    this.#finish();
  }

  #announce(): void {
    if (!this.isReady) return;
    for (const listener of [...this.#readyListeners]) listener();
  }
}
