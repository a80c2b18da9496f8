import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ClientError } from '../model/errors.js';
import { type Environment, environmentFor } from './tool-environment.js';

const ASKING_MS = 3_000;

/** Of a program that ended without a word where kubectl would serve: too old, or no kubectl at all. */
export async function unusableKubectl(
  program: string,
  env: Environment,
  how: string,
): Promise<ClientError> {
  const version = await versionOf(program, environmentFor('kubectl', env));
  return new ClientError(
    'program-missing',
    `${pathOf(program, env)} cannot be used as a proxy: \`kubectl proxy\` ended with ${how} and no message; it ${version === null ? 'tells no version' : `is ${version}`}`,
    'Install a kubectl of the version that the cluster runs, or set the path of one under `programs`.',
  );
}

/** What the name leads to: an operator may not know that another one comes first. */
function pathOf(program: string, { PATH = '' }: Environment): string {
  if (program.includes('/')) return program;
  const places = PATH.split(delimiter).map((directory) => join(directory, program));
  return places.find(isExecutable) ?? program;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(program: string, env: Record<string, string>): Promise<string | null> {
  const argv = ['version', '--client', '-o', 'json'];
  return new Promise((resolve) => {
    execFile(program, argv, { env, timeout: ASKING_MS, killSignal: 'SIGKILL' }, (_, stdout) =>
      resolve(/"gitVersion":\s*"(v\d[\w.+-]*)"/.exec(stdout)?.[1] ?? null),
    );
  });
}
