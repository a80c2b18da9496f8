// What a lab costs: start, memory, and the computing that a simulated hour takes. Prints figures for docs/performance.md;
// nothing is judged here, because a shared machine would judge differently every day.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = process.env.APP ?? join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'talos-tui.js');
const RUNS = Number(process.env.RUNS ?? 10);
const BUDGETS = {
  '3+2': { startMs: 300, memoryMb: 80, hourMs: 1000 },
  '9+991@10': { startMs: 3000, memoryMb: 600 },
};

/** min / median / max: on a busy machine the smallest is nearest to what it costs, and the rest tells how busy it was. */
function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
}

/** Linux: what is resident now. */
const memoryMb = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);

/** Seconds of processor time, of all threads. */
function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function ask(dir, command) {
  const socket = connect(join(dir, 'control.sock'));
  await once(socket, 'connect');
  const line = once(createInterface({ input: socket }), 'line');
  socket.write(`${JSON.stringify(command)}\n`);
  const [text] = await line;
  socket.destroy();
  return JSON.parse(text);
}

async function measure(scenario, withHour) {
  const dir = mkdtempSync(join(tmpdir(), 'talos-tui-cost-'));
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'lab', 'up', '--scenario', scenario, '--time-scale', '0', '--dir', dir],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [first] = await once(createInterface({ input: child.stdout }), 'line');
    if (!first.includes('is up')) throw new Error(first);
    const startMs = Math.round(performance.now() - startedAt);
    const startCpuMs = cpuMs(child.pid);
    // It frees what only the start needed a moment later (src/cli/small-heap.ts).
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const memory = memoryMb(child.pid);
    if (!withHour) return { startMs, startCpuMs, memory };
    const before = cpuMs(child.pid);
    const askedAt = performance.now();
    await ask(dir, { kind: 'advance', seconds: 3600 });
    const hourMs = Math.round(performance.now() - askedAt);
    const hourCpuMs = cpuMs(child.pid) - before;
    return { startMs, startCpuMs, memory, hourMs, hourCpuMs, later: memoryMb(child.pid) };
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(dir, { recursive: true, force: true });
  }
}

const scenarios = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BUDGETS);
const NOTHING = await new Promise((resolve) => {
  const at = performance.now();
  spawn(process.execPath, ['-e', '0']).on('exit', () =>
    resolve(Math.round(performance.now() - at)),
  );
});
const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
console.log(`\`node -e 0\`: ${NOTHING} ms, load average ${load}, ${RUNS} runs each.\n`);
console.log(
  '| lab | figure | min / median / max | budget | median ÷ budget |\n|---|---|---|---|---|',
);
for (const scenario of scenarios) {
  const budget = BUDGETS[scenario] ?? { hourMs: null };
  const runs = [];
  for (let run = 0; run < RUNS; run += 1)
    runs.push(await measure(scenario, budget.hourMs !== undefined));
  const of = (key) => spread(runs.map((each) => each[key]));
  const row = (what, values, unit, limit) =>
    console.log(
      `| ${scenario} | ${what} | ${values.join(' / ')} ${unit} | ${limit ? `${limit} ${unit}` : '–'} | ${limit ? (values[1] / limit).toFixed(2) : '–'} |`,
    );
  row('start of the process → ready', of('startMs'), 'ms', budget.startMs);
  row('processor time until then', of('startCpuMs'), 'ms');
  row('memory when ready', of('memory'), 'MB', budget.memoryMb);
  if (budget.hourMs === undefined) continue;
  row('a simulated hour, idle', of('hourMs'), 'ms', budget.hourMs);
  row('processor time of that hour', of('hourCpuMs'), 'ms');
  row('memory after that hour', of('later'), 'MB');
}
