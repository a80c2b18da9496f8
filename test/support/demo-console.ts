import { setTimeout as pause } from 'node:timers/promises';
import { talosTui } from './demo.js';
import { PATIENCE_MS } from './patience.js';
import { openPty, type PtySession } from './pty.js';
import type { Sight } from './terminal.js';

export const ESCAPE = '\u001b';
export const ENTER = '\r';

export interface ConsoleSession extends PtySession {
  /** Presses until the screen shows it: a dialog ignores keys of its first moments. */
  readonly pressUntil: (keys: string, sight: Sight) => Promise<void>;
  /** Ends it by its own key and waits for its end. */
  readonly quit: () => Promise<void>;
}

/** For so long a dialog ignores keys; the screen shows it after it has opened. */
const DEAF_MS = 350;
/** Long, so that no second press meets what the first one is about to open. */
const RETRY_MS = 10_000;

/** The console in a terminal of 80×24, or of the size given. */
export function openConsole(
  env: Readonly<Record<string, string>>,
  {
    args = [],
    columns = 80,
    rows = 24,
  }: { readonly args?: readonly string[]; readonly columns?: number; readonly rows?: number } = {},
): ConsoleSession {
  const session = openPty({ argv: talosTui(...args), env, columns, rows });
  return {
    ...session,
    async pressUntil(keys, sight) {
      const giveUpMs = performance.now() + PATIENCE_MS;
      await pause(DEAF_MS);
      for (;;) {
        session.press(keys);
        const isLast = performance.now() > giveUpMs;
        try {
          await session.waitFor(sight, RETRY_MS);
          return;
        } catch (error) {
          if (isLast) throw error;
        }
      }
    },
    async quit() {
      if (!session.isRunning()) return;
      session.press('\u0003');
      const giveUp = setTimeout(() => session.kill('SIGKILL'), PATIENCE_MS);
      await session.exited;
      clearTimeout(giveUp);
    },
  };
}

/** All five machines of the default lab are there and well. */
export const isHealthy = (screen: string): boolean =>
  screen.includes('5 machines healthy') && (screen.match(/● Ready/g) ?? []).length === 5;
