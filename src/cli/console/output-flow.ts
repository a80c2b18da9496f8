/** Above this many unsent bytes the terminal is behind: screen updates wait (ink.md §1, stalled stdout). */
const BEHIND_BYTES = 16 * 1024;

export interface OutputFlow {
  readonly isBehind: () => boolean;
  /** Before exit and before the terminal is handed to somebody else. */
  readonly block: () => void;
  readonly unblock: () => void;
}

/**
 * Makes terminal writes non-blocking. Node writes to a TTY synchronously: a dead SSH link would freeze timers,
 * polls and keys until TCP gives up. `_handle` is internal to Node, so its absence only means the old behaviour.
 */
export function createOutputFlow(stdout: NodeJS.WriteStream): OutputFlow {
  const setBlocking = (isBlocking: boolean): void => {
    const handle: unknown = Reflect.get(stdout, '_handle');
    if (canBlock(handle)) handle.setBlocking(isBlocking);
  };

  return {
    isBehind: () => stdout.writableLength > BEHIND_BYTES,
    block: () => setBlocking(true),
    unblock: () => setBlocking(false),
  };
}

function canBlock(
  handle: unknown,
): handle is { readonly setBlocking: (isBlocking: boolean) => void } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    typeof Reflect.get(handle, 'setBlocking') === 'function'
  );
}
