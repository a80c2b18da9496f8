import type { Clock } from './clock.js';

/** Wakes up when a node has said nothing for a while: a half-open connection behind a live endpoint is silent. */
export interface Silence {
  readonly listen: () => void;
  /** The node said something. */
  readonly heard: () => void;
  readonly stop: () => void;
}

const SILENCE_MS = 10_000;

/** @param isAlive asks the node; true listens on. */
export function createSilence(
  clock: Clock,
  random: () => number,
  isAlive: () => Promise<boolean>,
): Silence {
  // Nodes that were connected together must not be asked together.
  const limitMs = SILENCE_MS * (0.7 + 0.3 * random());
  let heardAtMs = clock.now();
  let stop = () => {};

  const ask = async () => {
    if (!(await isAlive())) return;
    heardAtMs = clock.now();
    listen();
  };
  const listen = () => {
    stop();
    const leftMs = heardAtMs + limitMs - clock.now();
    stop = clock.after(Math.max(leftMs, 0), () => {
      if (clock.now() - heardAtMs < limitMs) listen();
      else void ask();
    });
  };
  return {
    listen,
    heard() {
      heardAtMs = clock.now();
    },
    stop: () => stop(),
  };
}
