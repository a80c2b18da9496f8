import type { Clock } from '../../clients/clock.js';
import { OperatorError } from '../../model/errors.js';
import { isSilence } from '../../model/layers.js';
import { createPoll, type Poll, within } from '../poll.js';

export interface PulseOptions<T> {
  readonly clock: Clock;
  readonly subject: string;
  readonly everyMs: () => number;
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly onAlive: (value: T) => void;
  /** Not even the second question was answered. */
  readonly onSilent: (error: OperatorError) => void;
  /** It answers, with a refusal. */
  readonly onRefused: (error: OperatorError) => void;
  readonly random?: () => number;
}

/**
 * Interval, two limits and the pause add up to less than the 20 s in which a half-open connection must be noticed
 * (DESIGN §4).
 */
export const PULSE_MS = 8_000;
const LIMIT_MS = 4_000;
const SECOND_TRY_MS = 1_000;

/** Asks something cheap for a sign of life. `now` when somebody else got no answer. */
export function createPulse<T>(options: PulseOptions<T>): Poll {
  const { clock, subject, everyMs, ask, onAlive, onSilent, onRefused } = options;

  const askOnce = (signal: AbortSignal) =>
    within({ clock, subject, timeoutMs: LIMIT_MS, signal }, ask);

  return createPoll<T>({
    clock,
    subject,
    everyMs,
    timeoutMs: 2 * LIMIT_MS + 2 * SECOND_TRY_MS,
    ...(options.random ? { random: options.random } : {}),
    async read(signal) {
      try {
        return await askOnce(signal);
      } catch (error) {
        if (!(error instanceof OperatorError) || !isSilence(error)) throw error;
        // One lost packet is no dead machine.
        await clock.sleep(SECOND_TRY_MS, signal);
        return await askOnce(signal);
      }
    },
    onValue: onAlive,
    onError: (error) => (isSilence(error) ? onSilent(error) : onRefused(error)),
  });
}
