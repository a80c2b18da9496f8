// Writes the pages that are made from the registries, through the built program. A unit test fails when they are old.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const print = (...args) =>
  execFileSync(process.execPath, [join(root, 'bin', 'talos-tui.js'), ...args], {
    encoding: 'utf8',
  });

const PAGES = {
  'keys.md': ['keys'],
  'actions.md': ['actions', '--markdown'],
  'drills.md': ['lab', 'story', '--markdown'],
};

for (const [name, args] of Object.entries(PAGES)) {
  writeFileSync(join(root, 'docs', name), print(...args));
  console.log(`docs/${name}`);
}
