import type { Clock } from '../clients/clock.js';
import { ClientError, OperatorError } from '../model/errors.js';

/** Reads something again and again, never twice at once. */
export interface Poll {
  readonly start: () => void;
  readonly stop: () => void;
  /** Reads now; when a read is under way, once more after it. */
  readonly now: () => void;
}

export interface PollOptions<T> {
  readonly clock: Clock;
  /** Who is asked, for the error when it does not answer. */
  readonly subject: string;
  /** Asked before every wait: focus and idleness change it. */
  readonly everyMs: () => number;
  readonly timeoutMs: number;
  /** Errors of the world go to `onError`; any other is a bug and passes through. */
  readonly read: (signal: AbortSignal) => Promise<T>;
  readonly onValue: (value: T) => void;
  readonly onError: (error: OperatorError) => void;
  /** 0–1: spreads polls that started together. */
  readonly random?: () => number;
}

export function createPoll<T>(options: PollOptions<T>): Poll {
  const { clock, everyMs, random = Math.random } = options;
  let running: AbortController | null = null;
  let isReading = false;
  let isWantedAgain = false;
  let stopTimer = () => {};

  const run = async (): Promise<void> => {
    stopTimer();
    if (isReading) {
      isWantedAgain = true;
      return;
    }
    const own = running;
    if (own === null) return;
    isReading = true;
    isWantedAgain = false;
    await readOnce(options, own.signal);
    isReading = false;
    if (running === null) return;
    if (isWantedAgain || running !== own) void run();
    else stopTimer = clock.after(everyMs() * (0.9 + 0.2 * random()), () => void run());
  };

  return {
    start() {
      if (running !== null) return;
      running = new AbortController();
      void run();
    },
    stop() {
      stopTimer();
      running?.abort();
      running = null;
    },
    now() {
      if (running !== null) void run();
    },
  };
}

async function readOnce<T>(
  { clock, subject, timeoutMs, read, onValue, onError }: PollOptions<T>,
  stopped: AbortSignal,
): Promise<void> {
  try {
    const value = await within({ clock, subject, timeoutMs, signal: stopped }, read);
    if (!stopped.aborted) onValue(value);
  } catch (error) {
    if (stopped.aborted) return;
    if (!(error instanceof OperatorError)) throw error;
    onError(error);
  }
}

interface Limit {
  readonly clock: Clock;
  readonly subject: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The result, or a timeout even when the other side never settles: a client that hangs must not stop its source.
 * @throws ClientError kind timeout, or what `ask` throws
 */
export async function within<T>(
  { clock, subject, timeoutMs, signal }: Limit,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const onStop = () => limit.abort();
  signal.addEventListener('abort', onStop, { once: true });
  let stopTimer = () => {};
  const expiry = new Promise<never>((_, reject) => {
    stopTimer = clock.after(timeoutMs, () => {
      reject(noAnswer(subject, timeoutMs));
      limit.abort();
    });
  });
  try {
    return await Promise.race([ask(limit.signal), expiry]);
  } finally {
    stopTimer();
    signal.removeEventListener('abort', onStop);
  }
}

const noAnswer = (subject: string, timeoutMs: number): ClientError =>
  new ClientError(
    'timeout',
    `${subject} gave no answer within ${timeoutMs / 1000} s`,
    'Wait a moment: it is asked again.',
  );
