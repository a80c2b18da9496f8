export interface Timer {
  readonly atMs: number;
  /** Ties run in the order in which they were set. */
  readonly order: number;
  readonly isBackground: boolean;
  readonly run: () => void;
  isCancelled: boolean;
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;

/** Binary min-heap: a thousand nodes have thousands of timers. */
export class TimerHeap {
  readonly #items: Timer[] = [];

  peek(): Timer | undefined {
    while (this.#items[0]?.isCancelled) this.#removeFirst();
    return this.#items[0];
  }

  take(): Timer | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  /** Earliest timer that is somebody's work, not a heartbeat. */
  nextWork(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#items) {
      if (timer.isCancelled || timer.isBackground) continue;
      if (best === undefined || isBefore(timer, best)) best = timer;
    }
    return best;
  }

  add(timer: Timer): void {
    let index = this.#items.push(timer) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex];
      if (parent === undefined || !isBefore(timer, parent)) break;
      this.#items[index] = parent;
      index = parentIndex;
    }
    this.#items[index] = timer;
  }

  #removeFirst(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    let index = 0;
    for (;;) {
      const left = this.#items[index * 2 + 1];
      const right = this.#items[index * 2 + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      this.#items[index] = child;
      index = index * 2 + (isRight ? 2 : 1);
    }
    this.#items[index] = last;
  }
}
