import { OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { kubeResponseError } from './kube-errors.js';
import type { KubeHttp } from './kube-http.js';
import type { KubeRoute } from './kube-route.js';

/** Asks for a sign of life while streams are open: a half-open connection behind the proxy is silent. */
export interface KubeLiveness {
  /** @returns stop watching over this stream. */
  readonly guard: (breakOff: (error: OperatorError) => void) => () => void;
}

/** A hang is noticed within the sum of both; soon enough to go elsewhere within 5 s (operations C2). */
const ASK_EVERY_MS = 10_000;
const ASK_EVERY_WITH_OTHERS_MS = 1_500;
const ANSWER_MS = 5_000;

export interface KubeLivenessWiring {
  readonly http: KubeHttp;
  readonly route: KubeRoute;
  readonly clock: Clock;
  /** The server did not answer: its connections are worth nothing. */
  readonly onHang: () => void;
}

export function createKubeLiveness({
  http,
  route,
  clock,
  onHang,
}: KubeLivenessWiring): KubeLiveness {
  const guarded = new Set<(error: OperatorError) => void>();
  let stopTimer: (() => void) | null = null;

  const schedule = () => {
    const everyMs = route.hasOthers() ? ASK_EVERY_WITH_OTHERS_MS : ASK_EVERY_MS;
    stopTimer ??= clock.after(everyMs, () => void ask());
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
