import { once } from 'node:events';
import type { OutputFlow } from './output-flow.js';

const FOREVER_MS = 2 ** 31 - 1;

/**
 * Ctrl-Z: stops the process group until the shell continues it. The timer is needed: while suspended stdin does
 * not hold the event loop, and without a handle Node would end silently after `fg` (ink.md §1).
 */
export async function stopUntilContinued(flow: OutputFlow): Promise<void> {
  flow.block();
  const holdLoop = setTimeout(() => {}, FOREVER_MS);
  const continued = once(process, 'SIGCONT');
  process.kill(0, 'SIGTSTP');
  await continued;
  clearTimeout(holdLoop);
  flow.unblock();
}

const STOP_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Ends the console on the usual signals, so that the terminal is restored and children are stopped. */
export function onStopSignals(stop: (exitCode: number) => void): () => void {
  const handlers = Object.entries(STOP_SIGNALS).map(([signal, exitCode]) => {
    const handler = (): void => stop(exitCode);
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const remove of handlers) remove();
  };
}
