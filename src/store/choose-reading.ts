import { type Reading, WAITING } from '../model/reading.js';

/**
 * One reading for what several nodes report: the first fresh one in their order, else the youngest stale one, else
 * a failure. While one of them may still answer and none has, it waits.
 */
export function chooseReading<T>(readings: readonly Reading<T>[]): Reading<T> {
  const fresh = readings.find(({ state }) => state === 'fresh');
  if (fresh !== undefined) return fresh;
  const stale = readings
    .filter((reading) => reading.state === 'stale')
    .reduce<Extract<Reading<T>, { state: 'stale' }> | null>(
      (youngest, each) => (youngest && youngest.readAtMs >= each.readAtMs ? youngest : each),
      null,
    );
  if (stale !== null) return stale;
  if (readings.some(({ state }) => state === 'waiting')) return WAITING;
  return readings.find(({ state }) => state === 'failed') ?? WAITING;
}
