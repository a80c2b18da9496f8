import { readFileSync } from 'node:fs';
import pty from '@lydell/node-pty';
import { remember } from './secrets.js';
import { createTerminal } from './terminal.js';

/** What must not leak from the test runner or the shell of the developer into the program under test. */
const FOREIGN =
  /^(CI|NODE_.*|VITEST.*|VITE_.*|npm_.*|FORCE_COLOR|NO_COLOR|COLORTERM|COLORFGBG|TALOS.*|KUBECONFIG|TMUX.*|SSH_.*|INK_.*|XDG_.*)$/;

export interface PtyOptions {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
}

export interface Ended {
  readonly exitCode: number;
  readonly signal: number | undefined;
}

export function cleanEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !FOREIGN.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

export type PtySession = ReturnType<typeof openPty>;

/** A program in a pseudo-terminal with an emulated screen. */
export function openPty({ argv, env, columns = 80, rows = 24, cwd }: PtyOptions) {
  const [program, ...args] = argv;
  const terminal = createTerminal(columns, rows);
  const received: string[] = [];
  const counters = { bytes: 0, chunks: 0, firstDataMs: 0 };
  const startedMs = performance.now();
  remember(`terminal of ${argv.slice(1).join(' ')}`, () => received.join(''));
  const child = pty.spawn(program, args, {
    // Becomes TERM, whatever the environment says.
    name: env?.TERM ?? 'xterm-256color',
    cols: columns,
    rows,
    ...(cwd === undefined ? {} : { cwd }),
    env: cleanEnvironment({
      COLORTERM: 'truecolor',
      LANG: 'C.UTF-8',
      ...env,
    }),
  });
  let ended: Ended | null = null;
  const exited = new Promise<Ended>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      ended = { exitCode, signal };
      terminal.end();
      resolve(ended);
    });
  });
  // Answers to the terminal's queries (device attributes, cursor reports).
  terminal.emulator.onData((answer) => {
    if (ended === null) child.write(answer);
  });
  child.onData((data) => {
    counters.firstDataMs ||= performance.now();
    counters.bytes += Buffer.byteLength(data);
    counters.chunks += 1;
    received.push(data);
    terminal.feed(data);
  });

  return {
    ...terminal,
    pid: child.pid,
    startedMs,
    counters,
    exited,
    isRunning: (): boolean => ended === null,
    /** Every byte that was sent, as text. */
    output: (): string => received.join(''),
    press: (keys: string): void => child.write(keys),
    resize(nextColumns: number, nextRows: number): void {
      terminal.emulator.resize(nextColumns, nextRows);
      child.resize(nextColumns, nextRows);
    },
    kill(signal: NodeJS.Signals = 'SIGKILL'): void {
      if (ended === null) process.kill(child.pid, signal);
    },
  };
}

/** CPU time used so far, user and system, in clock ticks of 10 ms. */
export function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** Direct children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
