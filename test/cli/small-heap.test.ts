import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const MODULE = resolve(import.meta.dirname, '../../src/cli/small-heap.ts');

/** Reads a big cluster, so to speak: many objects that live for a while. */
const LOAD = `
  let kept = [];
  for (let index = 0; index < 2_000_000; index++) {
    kept.push({ index, text: 'x' + index });
    if (kept.length > 200_000) kept = kept.slice(100_000);
  }
  const { getHeapSpaceStatistics } = await import('node:v8');
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(young.space_size / 2 ** 20);
`;

/** V8 flags hold for a whole process: each load gets its own. @returns size of the young generation */
const youngMegabytesAfter = (preparation: string): number =>
  Number(
    execFileSync(
      process.execPath,
      ['--no-warnings', '--input-type=module', '--eval', `${preparation};${LOAD}`],
      { encoding: 'utf8', env: {} },
    ),
  );

test('a big cluster does not blow up the young generation of the heap', () => {
  const prepare = `const { keepHeapSmall } = await import(${JSON.stringify(MODULE)});
    keepHeapSmall({ after: () => () => {} })`;
  expect(youngMegabytesAfter(prepare)).toBe(16);
  expect(youngMegabytesAfter('')).toBeGreaterThan(32);
});
