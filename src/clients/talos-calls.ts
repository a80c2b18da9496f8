import type { ClientReadableStream, ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import type { ClientError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { noAnswer, talosCallError, talosCancelled, talosMalformed } from './talos-errors.js';

export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** @param subject Node or endpoint, for messages. */
export function unaryCall(
  start: (done: (error: ServiceError | null, value?: unknown) => void) => ClientUnaryCall,
  subject: string,
  clock: Clock,
  limits: CallLimits,
): Promise<unknown> {
  return limited(subject, clock, limits, (settle) => {
    const call = start((error, value) =>
      settle(error === null ? { value } : { error: talosCallError(subject, error) }),
    );
    return () => call.cancel();
  });
}

export interface CollectLimits extends CallLimits {
  /** What is wrong with a message: the rest is not waited for. */
  readonly refuse?: (message: unknown) => ClientError | null;
}

/** All messages of a stream that ends by itself. */
export function collectCall(
  call: ClientReadableStream<unknown>,
  subject: string,
  clock: Clock,
  { refuse = () => null, ...limits }: CollectLimits,
): Promise<readonly unknown[]> {
  return limited(subject, clock, limits, (settle) => {
    const messages: unknown[] = [];
    return followCall(call, subject, {
      onMessage(message) {
        const error = refuse(message);
        messages.push(message);
        if (error === null) return;
        settle({ error });
        call.cancel();
      },
      onEnd: (error) => settle(error === null ? { value: messages } : { error }),
    });
  });
}

/** @returns stop; `onEnd` comes once, with null for a polite end, and never after stop. */
export function followCall(
  call: ClientReadableStream<unknown>,
  subject: string,
  handlers: {
    readonly onMessage: (message: unknown) => void;
    readonly onEnd: (error: ClientError | null) => void;
  },
): () => void {
  let isOver = false;
  const end = (error: ClientError | null) => {
    if (isOver) return;
    isOver = true;
    handlers.onEnd(error);
  };
  call.on('data', (message: unknown) => {
    if (!isOver) handlers.onMessage(message);
  });
  // Stays attached after the end: an 'error' without a listener would end the process.
  call.on('error', (error: Partial<ServiceError>) =>
    end(
      typeof error.code === 'number'
        ? talosCallError(subject, { code: error.code, details: error.details ?? '' })
        : talosMalformed(subject, error.message ?? 'stream error', error),
    ),
  );
  // A failed stream may tell 'end' before 'error'.
  call.on('end', () => setImmediate(() => end(null)));
  return () => {
    isOver = true;
    call.cancel();
  };
}

type Settled<T> = { readonly value: T } | { readonly error: ClientError };

/**
 * Our own timer, not a gRPC deadline: those read the system clock behind the Clock's back.
 * @param start begins the call and returns how to give it up.
 */
function limited<T>(
  subject: string,
  clock: Clock,
  { timeoutMs, signal }: CallLimits,
  start: (settle: (outcome: Settled<T>) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(talosCancelled(subject));
      return;
    }
    let isSettled = false;
    const settle = (outcome: Settled<T>) => {
      if (isSettled) return;
      isSettled = true;
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.value);
    };
    const giveUp = (error: ClientError) => {
      settle({ error });
      cancel();
    };
    const onAbort = () => giveUp(talosCancelled(subject));
    const stopTimer = clock.after(timeoutMs, () => giveUp(noAnswer(subject, timeoutMs)));
    signal?.addEventListener('abort', onAbort, { once: true });
    const cancel = start(settle);
  });
}
