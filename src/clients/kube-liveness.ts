import { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { kubeResponseError } from './kube-errors.js';
import type { KubeHttp } from './kube-http.js';

/** Asks for a sign of life while streams are open: a half-open connection behind the proxy is silent. */
export interface KubeLiveness {
  /** @returns stop watching over this stream. */
  readonly guard: (breakOff: (error: OperatorError) => void) => () => void;
}

/** A hang is noticed within the sum of both. */
const ASK_EVERY_MS = 10_000;
const ANSWER_MS = 5_000;

/** @param onHang The server did not answer: its connections are worth nothing. */
export function createKubeLiveness(http: KubeHttp, clock: Clock, onHang: () => void): KubeLiveness {
  const guarded = new Set<(error: OperatorError) => void>();
  let stopTimer: (() => void) | null = null;

  const schedule = () => {
    stopTimer ??= clock.after(ASK_EVERY_MS, () => void ask());
  };
  const ask = async () => {
    const error = await problem(http);
    stopTimer = null;
    if (guarded.size === 0) return;
    if (error === null) {
      schedule();
      return;
    }
    if (error.kind === 'timeout') onHang();
    for (const breakOff of [...guarded]) breakOff(error);
  };

  return {
    guard(breakOff) {
      guarded.add(breakOff);
      schedule();
      return () => {
        guarded.delete(breakOff);
        if (guarded.size > 0) return;
        stopTimer?.();
        stopTimer = null;
      };
    },
  };
}

/** Any answer of the API server is a sign of life, also a refusal; one of the proxy itself is not. */
async function problem(http: KubeHttp): Promise<OperatorError | null> {
  try {
    const { code, body } = await http.reply('/version', { timeoutMs: ANSWER_MS });
    if (code < 500) return null;
    const error = kubeResponseError('/version', code, body);
    return error.kind === 'rejected' ? null : error;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error;
  }
}
