import { reachabilityOf } from '../world/node.js';
import type { LabNode } from '../world/types.js';
import { connectionLost, type Failure } from './failure.js';
import type { TalosLab } from './talos-lab.js';

/**
 * One call while it lasts: knows whether something may be said on it. A silent endpoint or target answers
 * nothing, and goes on where it was when it wakes up; a target that dies ends the call.
 */
export class LiveCall {
  readonly #talos: TalosLab;
  readonly #nodes: readonly LabNode[];
  readonly #fail: (failure: Failure) => void;
  readonly #closeListeners = new Set<() => void>();
  readonly #changeListeners = new Set<() => void>();
  #isOver = false;

  /** `fail` is called at most once, and never after `close`. */
  constructor(talos: TalosLab, nodes: readonly LabNode[], fail: (failure: Failure) => void) {
    this.#talos = talos;
    this.#nodes = nodes;
    this.#fail = fail;
    for (const node of new Set(nodes)) {
      this.onClose(talos.onReachability(node, () => this.#changed(node)));
    }
    this.onClose(talos.onCut(() => this.fail(connectionLost())));
  }

  /** The part of this call that one node answers; ends with it. */
  branch(target: LabNode, fail: (failure: Failure) => void): LiveCall {
    const branch = new LiveCall(this.#talos, [...this.#nodes, target], fail);
    branch.onClose(this.onClose(() => branch.close()));
    return branch;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** A configuration that ends maintenance mode is answered, although the API goes with it. */
  get maySpeak(): boolean {
    return !this.#isOver && this.#nodes.every((node) => reachabilityOf(node) !== 'silent');
  }

  /** Something new may be said: an API that has ended only gives the answers that it owes. */
  get mayBegin(): boolean {
    return !this.#isOver && this.#nodes.every((node) => reachabilityOf(node) === 'answers');
  }

  /** @returns unsubscribe. */
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** @returns unsubscribe. */
  onClose(listener: () => void): () => void {
    if (this.#isOver) listener();
    else this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  /** Resolves when an answer may be given; stays open for ever when the call ends first. */
  speech(): Promise<void> {
    if (this.maySpeak) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.onChange(() => {
        if (!this.maySpeak) return;
        stop();
        resolve();
      });
    });
  }

  fail(failure: Failure): void {
    if (this.#isOver) return;
    this.close();
    this.#fail(failure);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#changeListeners.clear();
    const listeners = [...this.#closeListeners];
    this.#closeListeners.clear();
    for (const listener of listeners) listener();
  }

  #changed(node: LabNode): void {
    // The endpoint's own death closes the connection; a target behind it is lost to this call alone.
    if (node !== this.#nodes[0] && reachabilityOf(node) === 'refused') {
      this.fail(connectionLost());
      return;
    }
    for (const listener of [...this.#changeListeners]) listener();
  }
}
