import type { RunSummary } from '../model/run.js';

/** Middle value of what it took before; null when it was never done. */
function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted[middle] ?? null;
}

const spanMs = ({
  startedAtMs,
  endedAtMs,
}: {
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}): readonly number[] =>
  startedAtMs === null || endedAtMs === null ? [] : [endedAtMs - startedAtMs];

const earlierSuccesses = (runs: readonly RunSummary[], run: RunSummary): readonly RunSummary[] =>
  runs.filter(
    ({ id, action, state }) => id !== run.id && action === run.action && state === 'succeeded',
  );

/** How long runs of the same action took on this host that had as much to do. */
export const usualRunMs = (runs: readonly RunSummary[], run: RunSummary): number | null =>
  median(
    earlierSuccesses(runs, run)
      .filter(({ steps }) => steps.length === run.steps.length)
      .flatMap(spanMs),
  );

export const usualStepMs = (
  runs: readonly RunSummary[],
  run: RunSummary,
  stepId: string,
): number | null =>
  median(
    earlierSuccesses(runs, run).flatMap(({ steps }) =>
      steps.filter(({ id, state }) => id === stepId && state === 'done').flatMap(spanMs),
    ),
  );
