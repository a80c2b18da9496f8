import type { Field } from '../../hooks/modal.js';
import type { Reading } from '../../model/reading.js';
import { unreachable } from '../../model/unreachable.js';

/** Fields of a reading, or the one that says why there are none. */
export function fieldsOf<T>(
  reading: Reading<T>,
  label: string,
  build: (value: T) => readonly Field[],
): readonly Field[] {
  switch (reading.state) {
    case 'waiting':
      return [{ label, value: 'waiting', level: 'wait' }];
    case 'failed':
      return [{ label, value: `unknown: ${reading.error.message}`, level: 'unknown' }];
    case 'stale':
      return [
        ...build(reading.value),
        { label, value: `out of date: ${reading.error.message}`, level: 'unknown' },
      ];
    case 'fresh':
      return build(reading.value);
    default:
      return unreachable(reading);
  }
}

/** Plain values for YAML: a reading becomes its value, or what is wrong with it. */
export function plainValue(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  if (value instanceof Map) return plainValue(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value);
  if (!isReading(value))
    return Object.fromEntries(fields.map(([key, each]) => [key, plainValue(each)]));
  switch (value.state) {
    case 'waiting':
      return 'waiting';
    case 'failed':
      return { failed: value.error.message };
    case 'stale':
      return { stale: plainValue(value.value), error: value.error.message };
    case 'fresh':
      return plainValue(value.value);
    default:
      return unreachable(value);
  }
}

const READING_FIELDS: readonly string[] = ['state', 'value', 'readAtMs', 'error', 'failedAtMs'];
const READING_STATES: readonly unknown[] = ['waiting', 'fresh', 'stale', 'failed'];

/** Only readings have nothing but these fields: a run with a state has many more. */
const isReading = (value: object): value is Reading<unknown> =>
  'state' in value &&
  READING_STATES.includes(value.state) &&
  Object.keys(value).every((key) => READING_FIELDS.includes(key));
