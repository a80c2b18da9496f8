import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clients/clock.js';
import { errorCode } from '../clients/disk-error.js';
import { type Ended, resultOf } from '../clients/shell.js';
import { type Environment, environmentFor } from '../clients/tool-environment.js';
import type { CommandResult, ShellOptions } from '../clients/types.js';

export type Argv = readonly [string, ...string[]];

export interface SurvivingCommand {
  readonly argv: Argv;
  readonly options: ShellOptions;
  readonly env: Environment;
  readonly clock: Clock;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** Inherited, so that the cluster stays locked until the command has ended; null without a lock. */
  readonly lockFd: number | null;
  readonly onSpawn: (pid: number) => void;
  readonly onExit: (exitCode: number | null, durationMs: number) => void;
}

/** Between the polite and the hard end of a command that does not stop. */
const KILL_AFTER_MS = 5_000;

/**
 * Runs a command in its own session with its output in files: neither a lost terminal nor the death of this
 * process stops it half-way (operations C1).
 * @throws as `Shell.run`
 */
export async function runSurviving(command: SurvivingCommand): Promise<CommandResult> {
  const { argv, options, clock, stdoutPath, stderrPath } = command;
  const startedAtMs = clock.now();
  const stdout = openOutput(stdoutPath);
  const stderr = openOutput(stderrPath);
  const ended = await execute(command, stdout.fd, stderr.fd).finally(() => {
    closeSync(stdout.fd);
    closeSync(stderr.fd);
  });
  const durationMs = clock.now() - startedAtMs;
  command.onExit(ended.exitCode ?? null, durationMs);
  return resultOf(argv, options, {
    ...ended,
    isMaxBuffer: false,
    durationMs,
    stdout: await textFrom(stdoutPath, stdout.startBytes),
    stderr: await textFrom(stderrPath, stderr.startBytes),
  });
}

type Execution = Pick<Ended, 'exitCode' | 'code' | 'failed' | 'timedOut' | 'isCanceled' | 'cause'>;

function execute(
  { argv, options, env, clock, lockFd, onSpawn }: SurvivingCommand,
  stdoutFd: number,
  stderrFd: number,
): Promise<Execution> {
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    detached: true,
    env: environmentFor(program, env),
    stdio: [
      options.stdin === undefined ? 'ignore' : 'pipe',
      stdoutFd,
      stderrFd,
      ...(lockFd === null ? [] : [lockFd]),
    ],
  });
  const stop = stopper(child.pid, clock);
  let timedOut = false;
  const clearTimer = clock.after(options.timeoutMs, () => {
    timedOut = true;
    stop.now();
  });
  options.signal?.addEventListener('abort', stop.now, { once: true });
  const { pid } = child;
  const unsaid = pid === undefined ? null : failureOf(() => onSpawn(pid));
  // A program that ends without reading breaks the pipe; its exit code tells more than EPIPE.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin);

  return new Promise<Execution>((resolve, reject) => {
    const settle = (rest: Partial<Execution>): void => {
      clearTimer();
      stop.clear();
      options.signal?.removeEventListener('abort', stop.now);
      if (unsaid !== null) {
        reject(unsaid.error);
        return;
      }
      const isCanceled = options.signal?.aborted === true && !timedOut;
      resolve({ failed: rest.exitCode !== 0, timedOut, isCanceled, ...rest });
    };
    child.once('error', (error) => settle({ code: errorCode(error) ?? 'unknown', cause: error }));
    child.once('exit', (exitCode) => settle({ exitCode: exitCode ?? undefined }));
  });
}

/**
 * A command that runs but cannot be journalled any more, as on a full disk, is followed to its end all the same:
 * nobody else would know of it.
 */
function failureOf(say: () => void): { readonly error: unknown } | null {
  try {
    say();
    return null;
  } catch (error) {
    return { error };
  }
}

/** Ends the whole session of a command: politely, then hard. */
function stopper(
  pid: number | undefined,
  clock: Clock,
): { readonly now: () => void; readonly clear: () => void } {
  let clear = (): void => undefined;
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  };
  return {
    now() {
      signalGroup('SIGTERM');
      clear = clock.after(KILL_AFTER_MS, () => signalGroup('SIGKILL'));
    },
    clear: () => clear(),
  };
}

/** Several commands of a step share a file; each reads back only what it wrote itself. */
function openOutput(path: string): { readonly fd: number; readonly startBytes: number } {
  const fd = openSync(path, 'a', 0o600);
  return { fd, startBytes: fstatSync(fd).size };
}

const textFrom = async (path: string, startBytes: number): Promise<string> =>
  (await readFile(path)).subarray(startBytes).toString('utf8');
