/** What a node reports while it does something, besides what its state shows by itself. */
export type Occurrence =
  | {
      readonly kind: 'sequence';
      readonly sequence: SequenceName;
      readonly action: 'NOOP' | 'START' | 'STOP';
      readonly error?: { readonly code: 'FATAL' | 'LOCKED' | 'CANCELED'; readonly message: string };
    }
  | { readonly kind: 'phase'; readonly phase: string; readonly action: 'START' | 'STOP' }
  | { readonly kind: 'task'; readonly task: string; readonly action: 'START' | 'STOP' }
  | { readonly kind: 'restart'; readonly cmd: number }
  | { readonly kind: 'config-load-error'; readonly error: string }
  | { readonly kind: 'config-validation-error'; readonly error: string };

/** talos: internal/app/machined/pkg/runtime/sequencer.go */
export type SequenceName =
  | 'noop'
  | 'boot'
  | 'initialize'
  | 'install'
  | 'shutdown'
  | 'upgrade'
  | 'stageUpgrade'
  | 'maintenanceUpgrade'
  | 'reset'
  | 'reboot';

export interface Noted {
  readonly atMs: number;
  /** Whoever asked for it over the API; empty = the node itself. */
  readonly actorId: string;
  readonly what: Occurrence;
}

export interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** Talos keeps its last thousand events; the kernel's ring holds some thousand lines. */
const NOTES_KEPT = 1000;
const LINES_KEPT = 2000;

/** What happened on a node since its boot, in its own words. */
export class Journal {
  readonly notes: Noted[] = [];
  /** What machined printed, without `[talos] `. */
  readonly lines: Line[] = [];
  readonly #noteListeners = new Set<(note: Noted) => void>();
  readonly #lineListeners = new Set<(line: Line) => void>();

  note(atMs: number, what: Occurrence, actorId = ''): void {
    const note = { atMs, actorId, what };
    keep(this.notes, note, NOTES_KEPT);
    for (const listener of [...this.#noteListeners]) listener(note);
  }

  say(atMs: number, text: string): void {
    const line = { atMs, text };
    keep(this.lines, line, LINES_KEPT);
    for (const listener of [...this.#lineListeners]) listener(line);
  }

  /** @returns unsubscribe. */
  onNote(listener: (note: Noted) => void): () => void {
    this.#noteListeners.add(listener);
    return () => this.#noteListeners.delete(listener);
  }

  /** @returns unsubscribe. */
  onLine(listener: (line: Line) => void): () => void {
    this.#lineListeners.add(listener);
    return () => this.#lineListeners.delete(listener);
  }
}

function keep<T>(kept: T[], item: T, limit: number): void {
  kept.push(item);
  if (kept.length > limit) kept.shift();
}
