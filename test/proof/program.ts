import { spawn } from 'node:child_process';
import type { Printed } from '../support/demo.js';
import { cleanEnvironment } from '../support/pty.js';

/** A step that was begun and not seen to its end is looked for twice as long as it usually takes. */
const LONGEST_MS = 1_500_000;

export interface Finished extends Printed {
  readonly tookMs: number;
}

/** The built program, as it is shipped. */
export const programArgv = (...args: readonly string[]): [string, ...string[]] => [
  process.execPath,
  process.env.TALOS_TUI_E2E_PROGRAM ?? '',
  ...args,
];

/** Runs it without a terminal. @throws Error when it does not end. */
export function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const startedMs = performance.now();
  const [program, ...rest] = programArgv(...args);
  const child = spawn(program, rest, {
    env: cleanEnvironment({ LANG: 'C.UTF-8', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text;
  });
  return new Promise((done, fail) => {
    const giveUp = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`${args.join(' ')} does not end:\n${printed.stdout.slice(-2000)}`));
    }, LONGEST_MS);
    child.once('error', fail);
    child.once('close', (exitCode) => {
      clearTimeout(giveUp);
      done({ exitCode, ...printed, tookMs: performance.now() - startedMs });
    });
  });
}
