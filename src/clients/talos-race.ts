import { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { isAbsence } from './talos-errors.js';

/** An endpoint that does not answer at once holds nobody up: the next one is tried beside it. */
const HEAD_START_MS = 400;

/**
 * Tries the addresses in order, each with a head start over the next, and keeps the first that opens.
 * @throws OperatorError the most telling failure, when all have failed.
 */
export function race<T>(
  addresses: readonly string[],
  open: (address: string) => Promise<T>,
  discard: (loser: T) => void,
  clock: Clock,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const failures: unknown[] = [];
    let stopTimer = () => {};
    let isDecided = false;

    const startNext = () => {
      stopTimer();
      const address = waiting.shift();
      if (address === undefined || isDecided) return;
      stopTimer = clock.after(HEAD_START_MS, startNext);
      open(address).then(win, fail);
    };
    const win = (value: T) => {
      if (isDecided) {
        discard(value);
        return;
      }
      isDecided = true;
      stopTimer();
      resolve(value);
    };
    const fail = (error: unknown) => {
      failures.push(error);
      if (isDecided) return;
      if (failures.length < addresses.length) {
        startNext();
        return;
      }
      isDecided = true;
      stopTimer();
      reject(mostTelling(failures));
    };
    startNext();
  });
}

/** "Wrong certificate" explains more than "nobody there"; a bug explains most. */
function mostTelling(failures: readonly unknown[]): unknown {
  const bug = failures.find((failure) => !(failure instanceof OperatorError));
  const refusal = failures.find(
    (failure) => failure instanceof OperatorError && !isAbsence(failure.kind),
  );
  return bug ?? refusal ?? failures[0];
}
