import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { writeHurriedSettings } from './hurried-settings.js';
import { cleanEnvironment } from './pty.js';
import { remember, scanForSecrets, secretsOf } from './secrets.js';

/** Another build can be tried with the same tests: a package, an executable's launcher. */
const PROGRAM =
  process.env.TALOS_TUI_E2E_PROGRAM ?? resolve(import.meta.dirname, '../../bin/talos-tui.js');

/** The program as it is shipped, on the Node that runs the tests. */
export const talosTui = (...args: readonly string[]): [string, ...string[]] => [
  process.execPath,
  PROGRAM,
  ...args,
];

export interface Printed {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program without a terminal. */
export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  const [program, ...rest] = talosTui(...args);
  const child = spawn(program, rest, {
    env: cleanEnvironment({ LANG: 'C.UTF-8', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (exitCode) => {
      remember(`output of ${args.join(' ')}`, () => stdout + stderr);
      done({ exitCode, stdout, stderr });
    });
  });
}

const announcement = z.object({ env: z.record(z.string(), z.string()) });

export interface DemoLab {
  readonly dir: string;
  /** What `. DIR/env.sh` sets, and a home of its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly change: (change: string, ...args: readonly string[]) => Promise<void>;
  readonly advance: (seconds: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What `lab do` and `lab advance` send, without the start of a program: some tests race with the cluster. */
async function order(dir: string, command: object): Promise<void> {
  const socket = connect(join(dir, 'control.sock'));
  socket.write(`${JSON.stringify(command)}\n`);
  const [line] = await once(createInterface({ input: socket }), 'line');
  socket.destroy();
  const reply = z.object({ isOk: z.boolean() }).parse(JSON.parse(String(line)));
  if (!reply.isOk) throw new Error(`${JSON.stringify(command)}: ${line}`);
}

/** A lab in a process of its own, as an operator starts one. */
export async function startLab(...flags: readonly string[]): Promise<DemoLab> {
  const home = mkdtempSync(join(tmpdir(), 'talos-tui-e2e-'));
  const dir = join(home, 'lab');
  writeHurriedSettings(home);
  const [program, ...args] = talosTui(
    ...['lab', 'up', '--json', '--dir', dir],
    // A test that is killed leaves no lab behind.
    ...['--parent-pid', String(process.pid)],
    ...flags,
  );
  const child = spawn(program, args, {
    env: cleanEnvironment({ HOME: home }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const environment = await new Promise<Record<string, string>>((ready, fail) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) ready(announcement.parse(JSON.parse(said)).env);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('close', () => fail(new Error(`The lab ended early:\n${said}`)));
  });
  const env = { HOME: home, ...environment };
  // Some tests renew or spoil the credentials later.
  const atStart = await secretsOf(dir, env);
  return {
    dir,
    env,
    change: (change, ...args) => order(dir, { kind: 'do', change, args }),
    advance: (seconds) => order(dir, { kind: 'advance', seconds }),
    async stop() {
      const secrets = new Set([...atStart, ...(await secretsOf(dir, env))]);
      child.kill('SIGTERM');
      await ended;
      try {
        scanForSecrets(secrets, home, dir);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    },
  };
}
