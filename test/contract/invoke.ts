import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Follow, Step } from './case.js';
import { endWithUs } from './children.js';
import { filled, type Seat } from './seat.js';
import { throughSocket } from './socket-requests.js';

/** Longer than any wait that a case asks for. */
const LIMIT_MS = 60_000;
/** In place of an exit code: never equal to anything. */
export const TOO_LONG = 'it took too long';
const READY_LIMIT_MS = 20_000;
const DYING_MS = 10_000;

export interface RawOutcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or the signal that ended it. */
  readonly code: number | string;
  readonly file: string | null;
}

/** Nothing of this machine's configuration: not the user's files, not a proxy. */
const environment = (out: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: join(out, 'home'),
  TMPDIR: out,
  LC_ALL: 'C',
  NO_COLOR: '1',
  KUBERC: 'off',
  KUBECTL_KUBERC: 'false',
  KUBECACHEDIR: join(out, 'kube-cache'),
  HELM_CACHE_HOME: join(out, 'helm-cache'),
  HELM_CONFIG_HOME: join(out, 'helm-config'),
  HELM_DATA_HOME: join(out, 'helm-data'),
});

export async function invoke(step: Step, seat: Seat): Promise<RawOutcome> {
  const { lab, out, binary } = seat;
  mkdirSync(join(out, 'home'), { recursive: true });
  for (const line of step.before ?? []) await lab.change(filled(line, seat));
  const input = typeof step.stdin === 'function' ? await step.stdin(lab) : (step.stdin ?? '');
  const child = spawn(
    binary,
    step.argv.map((word) => filled(word, seat)),
    { cwd: out, env: environment(out), stdio: ['pipe', 'pipe', 'pipe'] },
  );
  endWithUs(child);
  const said = listen(child);
  child.stdin.on('error', () => {});
  child.stdin.end(filled(input, seat));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  const replies = step.follow === undefined ? '' : await follow(step.follow, child, said, seat);
  const code = await said.ended;
  clearTimeout(timer);
  return {
    stdout: said.stdout() + replies,
    stderr: said.stderr(),
    code: isLate ? TOO_LONG : code,
    file: step.file === undefined ? null : contents(filled(step.file, seat)),
  };
}

const contents = (path: string): string | null =>
  existsSync(path) ? readFileSync(path).toString('base64') : null;

interface Said {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | string>;
}

function listen(child: ChildProcess): Said {
  const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  child.stdout?.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  return {
    stdout: () => Buffer.concat(chunks.stdout).toString('utf8'),
    stderr: () => Buffer.concat(chunks.stderr).toString('utf8'),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
    }),
  };
}

/** @returns what its socket answered, one JSON line each. */
async function follow(wish: Follow, child: ChildProcess, said: Said, seat: Seat): Promise<string> {
  const { readyAfter = '', changes = [], requests = [], forMs, signal = 'SIGTERM' } = wish;
  await readiness(readyAfter, child, said);
  const replies: string[] = [];
  for (const request of requests) {
    const reply = await throughSocket(join(seat.out, 'api'), request, seat);
    replies.push(`${JSON.stringify(reply)}\n`);
  }
  for (const line of changes) await seat.lab.change(filled(line, seat));
  await pause(forMs);
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), DYING_MS);
  await said.ended;
  clearTimeout(timer);
  return replies.join('');
}

/** Its end counts, too: what it said then is the outcome. */
async function readiness(text: string, child: ChildProcess, said: Said): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  while (!said.stdout().includes(text) && !hasEnded() && performance.now() < deadline) {
    await pause(20);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
