import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cases } from './contract/cases/index.js';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'contracts.md'), 'utf8');
const steps = cases.flatMap((one) => one.steps.map((step) => ({ one, step })));

test('every difference that a case accepts is explained in docs/contracts.md', () => {
  const headings = page
    .split('\n')
    .filter((line) => line.startsWith('### '))
    .map((line) => line.slice(4));
  const accepted = new Set(
    steps.flatMap(({ step }) => (step.known ?? []).map(({ about }) => about)),
  );

  expect([...accepted].filter((about) => !headings.includes(about))).toEqual([]);
  expect(headings.filter((heading) => !accepted.has(heading))).toEqual([]);
});

test('a case that the stand-in takes no part in states what it expects', () => {
  const mute = steps.filter(
    ({ one, step }) => one.isRealOnly === true && step.expect === undefined,
  );

  expect(mute.map(({ step }) => step.argv.join(' '))).toEqual([]);
});

test('cases can be told apart by program, title and scenario', () => {
  const names = cases.map(({ program, title, scenario }) => [program, title, scenario].join(' · '));

  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
