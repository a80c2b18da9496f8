import type { Line } from '../../world/talos-journal.js';

/** A log that is made when somebody reads it. */
export interface LogSource {
  /** Lines of the half-open span (from, to], oldest first. */
  readonly between: (fromMs: number, toMs: number) => readonly Line[];
}

/** A circular buffer of a service's log holds about this much. */
export const LINES_KEPT = 1200;

export interface Murmur {
  /** When it begins and, once the service has stopped, ends. */
  readonly sinceMs: number;
  readonly untilMs?: number;
  readonly everyMs: number;
  /** The text of the n-th line; null = nothing is said this time. */
  readonly text: (index: number, atMs: number) => string | null;
}

/** What a program says while nothing happens: again and again, a little irregularly, the same for every reader. */
export const murmuring = (murmur: Murmur): LogSource => ({
  between: (fromMs, toMs) => {
    const { sinceMs, untilMs = Number.POSITIVE_INFINITY, everyMs } = murmur;
    const keptFromMs = Math.max(fromMs, sinceMs, toMs - LINES_KEPT * everyMs);
    const first = Math.max(0, Math.floor((keptFromMs - sinceMs) / everyMs) - 1);
    const lines: Line[] = [];
    for (let index = first; ; index += 1) {
      const atMs = sinceMs + index * everyMs + irregular(index, everyMs);
      if (atMs > toMs || atMs > untilMs) return lines;
      const text = atMs > keptFromMs ? murmur.text(index, atMs) : null;
      if (text !== null) lines.push({ atMs, text });
    }
  },
});

/** Less than one period, so that lines keep their order. */
const irregular = (index: number, everyMs: number): number =>
  Math.floor((((Math.imul(index + 1, 0x9e3779b1) >>> 0) % 1000) / 1000) * everyMs * 0.9);

export const told = (lines: () => readonly Line[]): LogSource => ({
  between: (fromMs, toMs) => lines().filter(({ atMs }) => atMs > fromMs && atMs <= toMs),
});

/** Several voices in one log. */
export const together = (sources: readonly LogSource[]): LogSource => ({
  between: (fromMs, toMs) =>
    sources
      .flatMap((source) => source.between(fromMs, toMs))
      .sort((left, right) => left.atMs - right.atMs),
});

export const changed = (source: LogSource, change: (line: Line) => string): LogSource => ({
  between: (fromMs, toMs) =>
    source.between(fromMs, toMs).map((line) => ({ atMs: line.atMs, text: change(line) })),
});
