// The whole proof of a working tree: types, lint, dead code, then every test. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const report = mkdtempSync(join(tmpdir(), 'talos-tui-report-'));
const run = (title, command, args) => {
  console.log(`\n== ${title}`);
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(
    `== ${title}: ${status === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  return status === 0;
};
const vitest = (project) => {
  const file = join(report, `${project}.json`);
  const ok = run(`${project} tests`, 'vitest', [
    'run',
    '--project',
    project,
    '--reporter',
    'default',
    '--reporter',
    'json',
    '--outputFile.json',
    file,
  ]);
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests + (ok || numFailedTests > 0 ? 0 : 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
};

const checks = [
  run('build', 'node', ['scripts/build.mjs', '--quiet']),
  run('types', 'tsc', ['--noEmit']),
  run('lint', 'biome', ['check', '--error-on-warnings', '.']),
  run('dead code', 'knip', []),
];
const results = [vitest('unit'), vitest('e2e')];
rmSync(report, { recursive: true, force: true });

const passed = checks.filter(Boolean).length + results.reduce((sum, r) => sum + r.passed, 0);
const failed = checks.filter((ok) => !ok).length + results.reduce((sum, r) => sum + r.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
