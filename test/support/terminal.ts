import xterm from '@xterm/headless';
import { PATIENCE_MS } from './patience.js';

export type Sight = string | RegExp | ((screen: string) => boolean);

/** Synchronized output: a terminal shows nothing of what comes between its begin (set) and its end (reset). */
const SYNCHRONIZED = 2026;

/**
 * An emulated screen that is fed with bytes. Waits look at the screen, never at the clock, and at whole frames: a
 * frame may come in several pieces.
 */
export function createTerminal(columns: number, rows: number) {
  const emulator = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 1000,
  });
  const waiters = new Set<(atMs: number) => void>();
  /** What is shown while a frame is being drawn; null between frames. */
  let before: readonly string[] | null = null;
  const drawn = (y: number): string => {
    const { active } = emulator.buffer;
    return active.getLine(active.viewportY + y)?.translateToString(true) ?? '';
  };
  const allDrawn = (): readonly string[] =>
    Array.from({ length: emulator.rows }, (_, y) => drawn(y));
  emulator.parser.registerCsiHandler({ prefix: '?', final: 'h' }, (modes) => {
    if (modes.includes(SYNCHRONIZED)) before ??= allDrawn();
    return false;
  });
  emulator.parser.registerCsiHandler({ prefix: '?', final: 'l' }, (modes) => {
    if (modes.includes(SYNCHRONIZED)) before = null;
    return false;
  });
  const line = (y: number): string => (before === null ? drawn(y) : (before[y] ?? ''));
  const text = (): string => (before ?? allDrawn()).join('\n');
  const shows = (sight: Sight): boolean => {
    if (typeof sight === 'function') return sight(text());
    return typeof sight === 'string' ? text().includes(sight) : sight.test(text());
  };

  return {
    emulator,
    line,
    text,
    shows,
    /** Who draws is gone: what it began to draw is all that comes. */
    end(): void {
      before = null;
    },
    feed(data: string): void {
      const atMs = performance.now();
      emulator.write(data, () => {
        for (const look of [...waiters]) look(atMs);
      });
    },
    /** @returns the moment at which the bytes arrived that made it true. */
    waitFor(sight: Sight, timeoutMs = PATIENCE_MS): Promise<number> {
      if (shows(sight)) return Promise.resolve(performance.now());
      return new Promise((resolve, reject) => {
        const look = (atMs: number): void => {
          if (!shows(sight)) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(atMs);
        };
        const timer = setTimeout(() => {
          waiters.delete(look);
          reject(new Error(`Did not see ${sight} in ${timeoutMs} ms:\n${text()}`));
        }, timeoutMs);
        waiters.add(look);
      });
    },
  };
}
