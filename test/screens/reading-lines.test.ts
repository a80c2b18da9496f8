import { expect, test } from 'vitest';
import { readingLines } from '../../src/screens/parts/reading-lines.js';
import { NOW_MS, silence } from '../support/builders.js';

test.each([
  [0, 'Requests: last read just now'],
  [8_000, 'Requests: last read 8s ago'],
])('after %i ms says when it was last read', (ageMs, sentence) => {
  const reading = {
    state: 'stale',
    value: [],
    readAtMs: NOW_MS - ageMs,
    error: silence(),
  } as const;

  const [title] = readingLines(reading, 'requests', NOW_MS, 80);

  expect(title?.map(({ text }) => text).join('')).toContain(sentence);
});
