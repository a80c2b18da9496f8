import type { Occurrence } from '../world/talos-journal.js';
import type { LabNode } from '../world/types.js';

/** go-retry waits a second between two tries. */
const PAUSE_MS = 1000;
/** Later than this nobody comes back; a busy machine keeps programs waiting. */
const MEMORY_MS = 15_000;

/** talosctl@1.12–1.14: these end one pass of a tracked action over the events, and it opens a new stream. */
export const endsPass = (what: Occurrence): boolean =>
  (what.kind === 'task' && what.task === 'stopAllServices') ||
  (what.kind === 'sequence' && what.sequence === 'reboot');

interface Turn {
  readonly bootId: string;
  readonly atMs: number;
}

/**
 * A tracked action asks for no past when it comes back after its second. Where time runs faster, a machine may have
 * been down and up again meanwhile. What the client would have met after one second of the lab's time is remembered
 * here, in real time.
 */
export class EventTurns {
  readonly #turns = new Map<LabNode, Turn & { readonly realMs: number }>();
  readonly #realNow: () => number;

  constructor(realNow: () => number = () => performance.now()) {
    this.#realNow = realNow;
  }

  /** A client has been told of the end of its pass. */
  note(node: LabNode, atMs: number): void {
    this.#turns.set(node, { bootId: node.bootId, atMs, realMs: this.#realNow() });
  }

  /**
   * From when on a client that has just turned wants to be told; null = nobody has. Who comes back has turned: the next
   * one is somebody with an order of his own.
   */
  take(node: LabNode): Turn | null {
    const turn = this.#turns.get(node);
    this.#turns.delete(node);
    if (turn === undefined || this.#realNow() - turn.realMs > MEMORY_MS) return null;
    return { bootId: turn.bootId, atMs: turn.atMs + PAUSE_MS };
  }
}
