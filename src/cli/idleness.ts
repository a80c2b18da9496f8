import type { Clock } from '../clients/clock.js';

/** Tells when nobody has used the keyboard for a while, and when somebody is back. */
export interface Idleness {
  readonly touch: () => void;
}

/** Long enough to read a screen or watch an action; short for a console that is left open for a day. */
const IDLE_AFTER_MS = 5 * 60_000;

export function createIdleness(
  clock: Pick<Clock, 'after'>,
  onChange: (isIdle: boolean) => void,
): Idleness {
  let isIdle = false;
  let stopTimer = (): void => undefined;

  const set = (next: boolean): void => {
    isIdle = next;
    onChange(next);
  };
  const wait = (): void => {
    stopTimer();
    stopTimer = clock.after(IDLE_AFTER_MS, () => set(true));
  };

  wait();
  return {
    touch() {
      if (isIdle) set(false);
      wait();
    },
  };
}
