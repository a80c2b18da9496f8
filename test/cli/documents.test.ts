import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { actionsPage, keysPage } from '../../src/cli/documents.js';
import { drillsPage } from '../../src/cli/drills.js';

const page = (name: string): string =>
  readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs', name), 'utf8');

test('docs/keys.md lists the keys that the console has; `npm run docs` renews it', () => {
  expect(page('keys.md')).toBe(keysPage());
});

test('docs/actions.md lists the actions that exist; `npm run docs` renews it', () => {
  expect(page('actions.md')).toBe(actionsPage());
});

test('docs/drills.md tells the incidents of the lab; `npm run docs` renews it', () => {
  expect(page('drills.md')).toBe(drillsPage());
});
