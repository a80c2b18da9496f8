import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type ProgramName, realTools } from './tool-cache.js';

const run = promisify(execFile);

export const PROGRAMS: readonly ProgramName[] = ['talosctl', 'kubectl', 'helm'];

/** A real program, pinned and built or named in the environment. */
export interface RealProgram {
  readonly program: ProgramName;
  readonly version: string;
  readonly binary: string;
}

export interface Participants {
  readonly present: readonly RealProgram[];
  /** Pinned, but not built here. */
  readonly missing: readonly RealProgram[];
}

/** `TALOS_TUI_TEST_KUBECTL=/usr/bin/kubectl:/opt/kubectl` adds programs to the pinned ones. */
export async function participants(env: NodeJS.ProcessEnv): Promise<Participants> {
  const pinned = realTools(env);
  const named = PROGRAMS.flatMap((program) =>
    (env[`TALOS_TUI_TEST_${program.toUpperCase()}`] ?? '')
      .split(':')
      .filter((binary) => binary !== '')
      .map((binary) => ({ program, binary })),
  );
  const extra = await Promise.all(
    named.map(async (one) => ({ ...one, version: await versionOf(one.program, one.binary) })),
  );
  return {
    present: [...pinned.filter(({ isBuilt }) => isBuilt), ...extra],
    missing: pinned.filter(({ isBuilt }) => !isBuilt),
  };
}

const VERSION_ARGS: Readonly<Record<ProgramName, readonly string[]>> = {
  talosctl: ['version', '--client', '--short'],
  kubectl: ['version', '--client', '-o', 'json'],
  helm: ['version', '--short'],
};

/** @throws Error when the program does not tell it. */
async function versionOf(program: ProgramName, binary: string): Promise<string> {
  const { stdout } = await run(binary, VERSION_ARGS[program]);
  const version = /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${binary} does not tell its version.`);
  return version;
}

/** `>=1.36`, `<1.14`, `1.36`: minors only. */
export function isWithin(version: string, range: string): boolean {
  const match = /^([<>]=?)?(\d+)\.(\d+)$/.exec(range);
  if (match === null) throw new Error(`No range of versions: ${range}`);
  const [, operator = '', major, minor] = match;
  const [ownMajor, ownMinor] = version.split('.');
  const distance = Number(ownMajor) - Number(major) || Number(ownMinor) - Number(minor);
  switch (operator) {
    case '>=':
      return distance >= 0;
    case '>':
      return distance > 0;
    case '<=':
      return distance <= 0;
    case '<':
      return distance < 0;
    default:
      return distance === 0;
  }
}
