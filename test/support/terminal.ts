import xterm from '@xterm/headless';
import { PATIENCE_MS } from './patience.js';

export type Sight = string | RegExp | ((screen: string) => boolean);

/** An emulated screen that is fed with bytes. Waits look at the screen, never at the clock. */
export function createTerminal(columns: number, rows: number) {
  const emulator = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 1000,
  });
  const waiters = new Set<(atMs: number) => void>();
  const line = (y: number): string => {
    const { active } = emulator.buffer;
    return active.getLine(active.viewportY + y)?.translateToString(true) ?? '';
  };
  const text = (): string => Array.from({ length: emulator.rows }, (_, y) => line(y)).join('\n');
  const shows = (sight: Sight): boolean => {
    if (typeof sight === 'function') return sight(text());
    return typeof sight === 'string' ? text().includes(sight) : sight.test(text());
  };

  return {
    emulator,
    line,
    text,
    shows,
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
