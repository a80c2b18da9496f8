// Measures what DESIGN §10 promises, in a real pseudo-terminal against labs of 5, 100 and 1,000 machines.
// usage: npm run bench [-- --quick] [-- --sizes=5,100] [-- --no-record]
import { join } from 'node:path';
import { BUDGETS, SCENARIOS } from './bench/budgets.mjs';
import {
  hasRunning,
  measureChanges,
  measureConfirm,
  measureKeys,
  measureRest,
  measureStart,
  megabytes,
  openConsole,
  quit,
  sleep,
} from './bench/console.mjs';
import { appendToDocument, createReport, surroundings } from './bench/report.mjs';

const { startLab } = await import('../test/support/demo.ts');

const isQuick = process.argv.includes('--quick');
const sizes = (
  process.argv.find((word) => word.startsWith('--sizes='))?.slice('--sizes='.length) ??
  (isQuick ? '5,100' : '5,100,1000')
)
  .split(',')
  .map(Number);
const count = (full, quick) => (isQuick ? quick : full);
const report = createReport();

/** The lab pads its numbers to the width that the scenario needs. */
const worker = (size, number) => `talos-w-${String(number).padStart(size >= 1000 ? 3 : 2, '0')}`;

/** Ten changes a second, on machines that are not looked at. */
function keepBusy(lab, nodes) {
  let turn = 0;
  const timer = setInterval(() => {
    const node = nodes[Math.floor(turn / 2) % nodes.length];
    void lab.change(turn % 2 === 0 ? 'cordon' : 'uncordon', node);
    turn += 1;
  }, 100);
  return () => clearInterval(timer);
}

function addKeys(size, load, { p50, p99, bytesPerKey }) {
  report.add(`key → painted, p50, ${load}, ${size} machines`, p50, 'ms', BUDGETS.keyP50Ms[load]);
  report.add(`key → painted, p99, ${load}, ${size} machines`, p99, 'ms', BUDGETS.keyP99Ms[load]);
  if (load === 'quiet') {
    report.add(`bytes per key, ${size} machines`, bytesPerKey, 'B', BUDGETS.bytesPerKey);
  }
}

async function measureStarts(size, lab) {
  const repeats = size === 5 ? count(9, 5) : 3;
  const { firstFrame, attached, realData } = await measureStart(lab.env, size, repeats);
  report.add(`start → first full frame, ${size} machines`, firstFrame, 'ms', BUDGETS.firstFrameMs);
  report.add(`start → screens of the cluster, ${size} machines`, attached, 'ms', null);
  const note = size === 5 ? '' : 'budget is for 5';
  report.add(`start → real data, ${size} machines`, realData, 'ms', BUDGETS.realDataMs, note);
}

async function measureQuiet(size, session) {
  const rest = await measureRest(session, count(20_000, 8_000));
  if (BUDGETS.cpuPercent[size] !== undefined) {
    report.add(`CPU at rest, ${size} machines`, rest.cpuPercent, '%', BUDGETS.cpuPercent[size]);
  }
  report.add(`bytes at rest, ${size} machines`, rest.bytesPerSecond, 'B/s', BUDGETS.bytesPerSecond);
  report.add(`child processes, ${size} machines`, rest.children, '', BUDGETS.children);
  addKeys(size, 'quiet', await measureKeys(session, count(100, 40)));
}

async function measureSize(size) {
  const lab = await startLab('--scenario', SCENARIOS[size]);
  try {
    await measureStarts(size, lab);
    const session = openConsole(lab.env);
    await session.waitFor(hasRunning(5), 120_000);
    await sleep(count(10_000, 5_000));
    await measureQuiet(size, session);
    const stop = keepBusy(lab, [worker(size, 1), worker(size, 2)]);
    addKeys(size, 'load', await measureKeys(session, count(100, 40)));
    stop();
    if (size === 5) {
      await sleep(1_000);
      const options = { node: worker(size, 1), count: count(40, 16) };
      const { p95, bytesPerChange } = await measureChanges(session, lab, options);
      report.add('change in the cluster → glyph, p95', p95, 'ms', BUDGETS.changeP95Ms);
      report.add('bytes per one-cell change', bytesPerChange, 'B', BUDGETS.bytesPerChange);
      const confirmMs = await measureConfirm(session, count(5, 2));
      report.add('confirmed → first journal line', confirmMs, 'ms', BUDGETS.confirmMs);
    }
    report.add(`memory, ${size} machines`, megabytes(session), 'MB', BUDGETS.megabytes[size]);
    await quit(session);
  } finally {
    await lab.stop();
  }
}

const machineState = surroundings();
console.log(machineState);
for (const size of sizes) await measureSize(size);
report.add('doctor, all rules, 100 machines', null, 'ms', 20, 'there are no rules yet');

if (!process.argv.includes('--no-record')) {
  const remarks = [machineState, ...(isQuick ? ['A quick run: fewer repetitions.'] : [])];
  const file = join(import.meta.dirname, '..', 'docs', 'performance.md');
  appendToDocument(file, report.rows, remarks);
}
process.exit(report.missed().length === 0 ? 0 : 1);
