import { z } from 'zod';
import type { Programs } from '../model/connection.js';
import { ClientError, OperatorError } from '../model/errors.js';
import type { Shell } from './types.js';

export interface ProgramVersion {
  readonly major: number;
  readonly minor: number;
  /** `v1.12.4` */
  readonly text: string;
}

/** Why a program cannot be used is a value: the console observes without it. */
export type ProgramState =
  | { readonly state: 'usable'; readonly program: string; readonly version: ProgramVersion }
  | { readonly state: 'unusable'; readonly program: string; readonly error: OperatorError };

export interface ProgramStates {
  readonly talosctl: ProgramState;
  readonly kubectl: ProgramState;
}

const VERSION = /v(\d+)\.(\d+)\.\d+[\w.+-]*/;
const OLDEST = { talosctl: { major: 1, minor: 9 }, kubectl: { major: 1, minor: 29 } } as const;
const ASKING_MS = 10_000;

const kubectlVersion = z.object({ clientVersion: z.object({ gitVersion: z.string() }) });

/** Starts both programs once; nothing here talks to a cluster. */
export async function inspectPrograms(
  { talosctl, kubectl }: Programs,
  shell: Shell,
  signal?: AbortSignal,
): Promise<ProgramStates> {
  const ask = async (argv: readonly [string, ...string[]]) => {
    const options = { effect: 'read', timeoutMs: ASKING_MS } as const;
    return (await shell.run(argv, signal === undefined ? options : { ...options, signal })).stdout;
  };
  // `--json` would ask the server instead (talosctl 1.9 … main); `--short` prints one line for the client.
  const talosctlState = inspect('talosctl', talosctl, async () =>
    versionIn(talosctl, await ask([talosctl, 'version', '--client', '--short'])),
  );
  const kubectlState = inspect('kubectl', kubectl, async () =>
    versionIn(
      kubectl,
      gitVersionOf(kubectl, await ask([kubectl, 'version', '--client', '-o', 'json'])),
    ),
  );
  return { talosctl: await talosctlState, kubectl: await kubectlState };
}

async function inspect(
  name: keyof typeof OLDEST,
  program: string,
  read: () => Promise<ProgramVersion>,
): Promise<ProgramState> {
  try {
    const version = await read();
    const oldest = OLDEST[name];
    const isOld =
      version.major < oldest.major ||
      (version.major === oldest.major && version.minor < oldest.minor);
    return isOld
      ? { state: 'unusable', program, error: tooOld(name, program, version) }
      : { state: 'usable', program, version };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { state: 'unusable', program, error };
  }
}

function tooOld(name: keyof typeof OLDEST, program: string, version: ProgramVersion): ClientError {
  const { major, minor } = OLDEST[name];
  return new ClientError(
    'unsupported',
    `${program} is ${version.text}, but talos-tui needs ${name} ${major}.${minor} or newer.`,
    `Install a ${name} of the version that the cluster runs.`,
  );
}

function gitVersionOf(program: string, stdout: string): string {
  try {
    return kubectlVersion.parse(JSON.parse(stdout)).clientVersion.gitVersion;
  } catch (cause) {
    throw unreadable(program, cause);
  }
}

function versionIn(program: string, text: string): ProgramVersion {
  const found = VERSION.exec(text);
  if (found === null) throw unreadable(program);
  return { major: Number(found[1]), minor: Number(found[2]), text: found[0] };
}

function unreadable(program: string, cause?: unknown): ClientError {
  return new ClientError(
    'malformed',
    `${program} did not tell its version.`,
    'Check that the path leads to the real program.',
    { cause },
  );
}
