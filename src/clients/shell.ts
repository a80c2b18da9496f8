import { appendFile, chmod } from 'node:fs/promises';
import { basename } from 'node:path';
import { ClientError, CommandFailed } from '../model/errors.js';
import type { CommandRecord } from '../model/run.js';
import type { Clock } from './clock.js';
import { type Environment, environmentFor } from './tool-environment.js';
import { hintFor, usefulStderr } from './tool-messages.js';
import type { CommandResult, Shell, ShellOptions } from './types.js';
import { unnamedFile } from './unnamed-file.js';

/** Between the polite and the hard end of a program that does not stop. */
const KILL_AFTER_MS = 5_000;
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

type Argv = readonly [string, ...string[]];

export interface ShellWiring {
  readonly env: Environment;
  readonly clock: Clock;
  /** Called once per command, when it has ended. */
  readonly record: (command: CommandRecord) => void;
  /** The journal needs to know the process before it can be lost. */
  readonly onSpawn?: (pid: number, argv: Argv) => void;
}

/** What execa tells of a program that has ended. */
export interface Ended {
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
  readonly failed: boolean;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly isMaxBuffer: boolean;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly durationMs: number;
  readonly cause?: unknown;
}

export function createShell(wiring: ShellWiring): Shell {
  return {
    async run(argv, options) {
      if (options.signal?.aborted) throw cancelled(argv);
      const atMs = wiring.clock.now();
      const ended = await execute(argv, options, wiring);
      wiring.record({
        atMs,
        argv,
        effect: options.effect,
        durationMs: Math.round(ended.durationMs),
        exitCode: ended.exitCode ?? null,
        target: options.target ?? null,
        runId: null,
      });
      return resultOf(argv, options, ended);
    },
  };
}

async function execute(argv: Argv, options: ShellOptions, wiring: ShellWiring): Promise<Ended> {
  const { execa } = await import('execa');
  const [program, ...args] = argv;
  const { outputFile, stdin, signal, timeoutMs } = options;
  if (outputFile !== undefined) await makePrivate(outputFile);
  const sink = outputFile === undefined ? 'pipe' : (['pipe', outputTo(outputFile)] as const);
  const input = stdin === undefined ? null : unnamedFile(stdin);
  try {
    const running = execa(program, args, {
      env: environmentFor(program, wiring.env),
      extendEnv: false,
      timeout: timeoutMs,
      forceKillAfterDelay: KILL_AFTER_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
      reject: false,
      // execa@10 takes any descriptor, its types only the small ones.
      stdin: input === null ? 'ignore' : (input.fd as 3),
      stdout: sink,
      stderr: sink,
      stripFinalNewline: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    if (running.pid !== undefined) wiring.onSpawn?.(running.pid, argv);
    return await running;
  } finally {
    input?.close();
  }
}

const outputTo = (file: string) => ({ file, append: true }) as const;

async function makePrivate(file: string): Promise<void> {
  await appendFile(file, '', { mode: 0o600 });
  await chmod(file, 0o600);
}

/** Also for commands that runs start in a session of their own. @throws as `Shell.run` */
export function resultOf(argv: Argv, options: ShellOptions, ended: Ended): CommandResult {
  const [program] = argv;
  const stderr = text(ended.stderr);
  // Before the exit code: talosctl ends with 0 when we cancel a tracked action (talos@main: action/tracker.go).
  if (ended.timedOut) {
    throw new ClientError(
      'timeout',
      `${basename(program)} did not end within ${Math.round(options.timeoutMs / 1000)} s and was stopped.`,
      'Check whether the node or API that it talks to answers.',
      { cause: ended.cause },
    );
  }
  if (ended.isCanceled) throw cancelled(argv);
  if (ended.isMaxBuffer) {
    throw new ClientError(
      'malformed',
      `${basename(program)} wrote more than can be taken in.`,
      'Run the same command by hand.',
    );
  }
  if (ended.code === 'ENOENT' || ended.code === 'EACCES') throw missing(program, ended);
  if (ended.failed || ended.exitCode !== 0) {
    const why = usefulStderr(stderr);
    throw new CommandFailed(argv, ended.exitCode, why, hintFor(program, why));
  }
  return { stdout: text(ended.stdout), stderr, durationMs: ended.durationMs };
}

function missing(program: string, ended: Ended): ClientError {
  const reason = ended.code === 'ENOENT' ? 'was not found' : 'may not be executed';
  return new ClientError(
    'program-missing',
    `The program ${program} ${reason}.`,
    `Install ${basename(program)} or set its path in the cluster's settings.`,
    { cause: ended.cause },
  );
}

function cancelled([program]: Argv): ClientError {
  return new ClientError(
    'cancelled',
    `${basename(program)} was cancelled.`,
    'Start it again when you are ready.',
  );
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
