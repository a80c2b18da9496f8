import { expect, test } from 'vitest';
import { sentences } from '../../src/model/sentence.js';

test.each([
  ['12 MiB free, 1 GiB needed', 'Free some space.', '12 MiB free, 1 GiB needed. Free some space.'],
  ['Nothing was changed.', 'Try again.', 'Nothing was changed. Try again.'],
  ['', 'Try again.', 'Try again.'],
  ['Nothing was changed.', '', 'Nothing was changed.'],
])('what happened and what to do next stay two sentences: %o', (first, second, together) => {
  expect(sentences(first, second)).toBe(together);
});
