// Figures against their budgets: printed, and appended to docs/performance.md with machine and date.

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

const INTRODUCTION = `# Performance

Measured by \`npm run bench\` in a real pseudo-terminal of 120×40 against labs on the same machine. Simulated figures: the lab answers
faster than real machines do. Newest at the end.
`;

export const percentile = (values, ratio) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))];
};

/** `value` null: not measured, and `note` says why. `budget` null: a figure that only is followed. */
export function createReport() {
  const rows = [];
  return {
    rows,
    add(what, value, unit, budget, note = '') {
      const verdict = verdictOf(value, budget);
      rows.push({ what, value, unit, budget, verdict, note });
      const figure = value === null ? '–' : `${round(value)} ${unit}`;
      console.log(
        `${what.padEnd(58)} ${figure.padStart(12)} | ${limit(budget, unit).padStart(10)} | ${verdict}${note ? ` (${note})` : ''}`,
      );
    },
    missed: () => rows.filter(({ verdict }) => verdict === 'MISSED'),
  };
}

/** `budget` null: a figure to follow, without one. */
function verdictOf(value, budget) {
  if (value === null) return 'not measured';
  if (budget === null) return 'no budget';
  return value <= budget ? 'ok' : 'MISSED';
}

const limit = (budget, unit) => (budget === null ? '–' : `${budget} ${unit}`);

const round = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

export function appendToDocument(file, rows, remarks) {
  if (!existsSync(file)) writeFileSync(file, INTRODUCTION);
  const lines = rows.map(
    ({ what, value, unit, budget, verdict, note }) =>
      `| ${[what, value === null ? '–' : `${round(value)} ${unit}`, limit(budget, unit), verdict + (note ? ` (${note})` : '')].join(' | ')} |`,
  );
  const section = [
    '',
    `## ${new Date().toISOString().slice(0, 10)}, ${machine()}`,
    '',
    '| what | figure | budget | verdict |',
    '|---|---|---|---|',
    ...lines,
    '',
    ...remarks,
    '',
  ];
  appendFileSync(file, section.join('\n'));
  return readFileSync(file, 'utf8').length;
}

function machine() {
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

/** What figures of a busy machine are to be judged by: a bare start of Node, and who else is working. */
export function surroundings() {
  const starts = Array.from({ length: 7 }, () => {
    const startedMs = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    return performance.now() - startedMs;
  });
  const load = loadavg()[0]?.toFixed(1);
  return `\`node -e 0\` took ${percentile(starts, 0.5).toFixed(0)} ms before the first measurement, load average ${load}.`;
}
