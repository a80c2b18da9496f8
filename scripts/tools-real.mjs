// Builds the pinned talosctl, kubectl and helm of test/contract/tools into a cache. Without Go it does nothing.
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { realTools } from '../test/contract/tool-cache.ts';

/** Found on PATH; it is no dependency of ours. */
const GO = 'go';
const BUILD_LIMIT_MS = 15 * 60_000;
/** For all builds of one call: what is not reached then is built next time. */
const TOTAL_LIMIT_MS = 38 * 60_000;
const KEPT_CHARS = 4_000;

/** Runs in its own process group, so that compilers end with it. @returns null when `go` is not on PATH. */
function go(args, { cwd, limitMs }) {
  return new Promise((resolve) => {
    const child = spawn(GO, args, {
      cwd,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      // No other toolchain is fetched, and a stale go.mod is an error.
      env: {
        ...process.env,
        GOTOOLCHAIN: 'local',
        GOFLAGS: '-mod=readonly',
        GOWORK: 'off',
        CGO_ENABLED: '0',
      },
    });
    let said = '';
    let isLate = false;
    const endAll = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      endAll();
    }, limitMs);
    process.once('exit', endAll);
    child.on('spawn', () => stepBack(child.pid));
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-KEPT_CHARS);
    });
    child.on('error', () => resolve(null));
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('exit', endAll);
      resolve({ isBuilt: code === 0, reason: isLate ? 'it took too long' : lastWords(said) });
    });
  });
}

/** Builds are never urgent; one that may not be slowed down runs all the same. */
function stepBack(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It is gone already, or nobody may change priorities here.
  }
}

const UNREACHED =
  /no such host|i\/o timeout|network is unreachable|connection refused|proxyconnect|TLS handshake timeout/;

const notBuilt = (error) => ({ isBuilt: false, reason: error.message });

/** One version of each program before a second one of any: time may run out. */
function inTurns(tools) {
  const turn = ({ program, version }) =>
    tools
      .filter((other) => other.program === program)
      .findIndex((other) => other.version === version);
  return tools.toSorted((a, b) => turn(a) - turn(b));
}

const lastWords = (text) =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('go: downloading'))
    .slice(-3)
    .join(' ')
    .trim();

const linkerFlags = (variables) =>
  ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(
    ' ',
  );

async function build({ moduleDir, goPackage, linkerVariables, binary }, limitMs) {
  const folder = dirname(binary);
  const unfinished = `${binary}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(linkerVariables)];
  const result = await go([...args, '-o', unfinished, goPackage], { cwd: moduleDir, limitMs });
  if (result?.isBuilt) renameSync(unfinished, binary);
  else rmSync(unfinished, { force: true });
  return result;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

if ((await go(['version'], { cwd: '.', limitMs: 60_000 })) === null) {
  console.log('Go is not on PATH: no real talosctl, kubectl or helm was built.');
  process.exit(0);
}
const started = performance.now();
let isOffline = false;
for (const tool of inTurns(realTools())) {
  const name = `${tool.program} ${tool.version}`;
  if (tool.isBuilt) {
    console.log(`${name}: built already`);
    continue;
  }
  const leftMs = TOTAL_LIMIT_MS - (performance.now() - started);
  if (isOffline || leftMs <= 0) {
    const why = isOffline
      ? 'the network is not reached'
      : 'no time is left, the next call goes on here';
    console.log(`${name}: NOT BUILT: ${why}`);
    continue;
  }
  const startedOne = performance.now();
  const result = await build(tool, Math.min(BUILD_LIMIT_MS, leftMs)).catch(notBuilt);
  const { isBuilt, reason } = result ?? { isBuilt: false, reason: 'Go is gone' };
  const seconds = Math.round((performance.now() - startedOne) / 1000);
  console.log(
    isBuilt ? `${name}: built in ${seconds} s` : `${name}: NOT BUILT after ${seconds} s: ${reason}`,
  );
  // The next program would wait for the same.
  isOffline = !isBuilt && UNREACHED.test(reason);
}
