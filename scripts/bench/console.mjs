// One console in a pseudo-terminal, and what can be measured of it.
import { percentile } from './report.mjs';
import './typescript-imports.mjs';

const { childrenOf, cpuTicks, openPty, residentBytes } = await import('../../test/support/pty.ts');

const { talosTui } = await import('../../test/support/demo.ts');

const COLUMNS = 120;
const ROWS = 40;
const TICKS_PER_SECOND = 100;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const openConsole = (env) =>
  openPty({
    argv: talosTui(),
    env,
    columns: COLUMNS,
    rows: ROWS,
  });

/** Painted from the first row to the last; the clients are loaded after it. */
const isFullFrame = (screen) => {
  const lines = screen.split('\n');
  return lines[0]?.trim() !== '' && lines.at(-1)?.includes('quit');
};

/** Tabs and screens of a cluster: settings are read and clients are there. */
const isAttached = (screen) => {
  const lines = screen.split('\n');
  return lines[1]?.includes('1 Overview') && lines.at(-1)?.includes('? help');
};

/** This many machines have told their Talos stage. */
export const hasRunning = (count) => (screen) =>
  (screen.match(/● running\b[^\n]*● running/g) ?? []).length >= count;

/** The line that the cursor is on. */
const selected = (session) =>
  Array.from({ length: ROWS }, (_, y) => session.line(y)).find((line) => line.startsWith('›')) ??
  null;

export async function quit(session) {
  session.press('\u0003');
  await Promise.race([session.exited, sleep(3000)]);
  session.kill('SIGKILL');
}

export async function measureStart(env, machines, repeats) {
  const firstFrame = [];
  const attached = [];
  const realData = [];
  for (let index = 0; index < repeats; index++) {
    const session = openConsole(env);
    firstFrame.push((await session.waitFor(isFullFrame)) - session.startedMs);
    attached.push((await session.waitFor(isAttached, 60_000)) - session.startedMs);
    const isReal = hasRunning(Math.min(machines, 5));
    realData.push((await session.waitFor(isReal, 120_000)) - session.startedMs);
    await quit(session);
    await sleep(300);
  }
  const median = (values) => percentile(values, 0.5);
  return { firstFrame: median(firstFrame), attached: median(attached), realData: median(realData) };
}

/** Moves the selection with human pauses, until it is seen to have moved. */
export async function measureKeys(session, count) {
  const latencies = [];
  // Four down and four up again: from anywhere else the list would end on the way.
  session.press('g');
  await session.waitFor(() => selected(session)?.includes('talos-cp-0') === true);
  await sleep(500);
  const bytesBefore = session.counters.bytes;
  for (let index = 0; index < count; index++) {
    const before = selected(session);
    const key = Math.floor(index / 4) % 2 === 0 ? 'j' : 'k';
    const pressedMs = performance.now();
    session.press(key);
    const name = before?.split(/\s+/)[1];
    const seenMs = await session.waitFor(() => {
      const now = selected(session);
      return now !== null && now.split(/\s+/)[1] !== name;
    }, 10_000);
    latencies.push(seenMs - pressedMs);
    await sleep(60 + Math.random() * 80);
  }
  return {
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    bytesPerKey: (session.counters.bytes - bytesBefore) / count,
  };
}

/** CPU in percent of one core over the time given. */
export async function measureRest(session, durationMs) {
  const ticks = cpuTicks(session.pid);
  const bytes = session.counters.bytes;
  const startedMs = performance.now();
  await sleep(durationMs);
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    cpuPercent: ((cpuTicks(session.pid) - ticks) / TICKS_PER_SECOND / seconds) * 100,
    bytesPerSecond: (session.counters.bytes - bytes) / seconds,
    children: childrenOf(session.pid).length,
  };
}

export const megabytes = (session) => residentBytes(session.pid) / 2 ** 20;

/** From the order to the lab until the glyph of the row has changed; and the bytes that each change sent. */
export async function measureChanges(session, lab, { node, count }) {
  const latencies = [];
  const bytes = [];
  for (let index = 0; index < count; index++) {
    const [change, sight] = index % 2 === 0 ? ['cordon', 'cordoned'] : ['uncordon', 'Ready'];
    const row = () =>
      session
        .text()
        .split('\n')
        .find((line) => line.includes(` ${node} `) && line.includes('running')) ?? '';
    const bytesBefore = session.counters.bytes;
    const orderedMs = performance.now();
    await lab.change(change, node);
    const seenMs = await session.waitFor(() => row().includes(sight), 10_000);
    latencies.push(seenMs - orderedMs);
    await sleep(250 + Math.random() * 100);
    bytes.push(session.counters.bytes - bytesBefore);
  }
  return { p95: percentile(latencies, 0.95), bytesPerChange: percentile(bytes, 0.5) };
}

/** From the confirmation until the first line of the run's journal is on the screen. */
export async function measureConfirm(session, repeats) {
  const latencies = [];
  for (let index = 0; index < repeats; index++) {
    session.press('S');
    await session.waitFor(/y start/);
    // Keys of a dialog's first moments are ignored on purpose.
    await sleep(500);
    const pressedMs = performance.now();
    session.press('y');
    latencies.push((await session.waitFor(/process \d+/)) - pressedMs);
    await session.waitFor(/● succeeded/, 30_000);
    session.press('\u001b');
    await session.waitFor('── Cluster');
  }
  return percentile(latencies, 0.5);
}
