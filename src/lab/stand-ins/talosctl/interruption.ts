/** SIGINT or SIGTERM: talosctl cancels what it does, cleans up and ends. */
export interface Interruption {
  readonly hasHappened: boolean;
  readonly onSignal: (listener: () => void) => void;
}

export function watchSignals(): Interruption {
  const listeners: (() => void)[] = [];
  let hasHappened = false;
  const interrupt = (): void => {
    if (hasHappened) process.exit(1);
    hasHappened = true;
    process.stderr.write(
      'Signal received, aborting, press Ctrl+C once again to abort immediately...\n',
    );
    for (const listener of listeners) listener();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    get hasHappened() {
      return hasHappened;
    },
    onSignal: (listener) => listeners.push(listener),
  };
}
