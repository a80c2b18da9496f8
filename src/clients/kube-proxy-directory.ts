import { lstat, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../model/errors.js';
import type { Environment } from './tool-environment.js';

/** Only our user may enter: whoever reaches the socket acts as the kubeconfig's user. */
export interface ProxyDirectory {
  readonly path: string;
  /** A new one for every child. */
  readonly nextSocketPath: () => string;
  readonly notePid: (pid: number) => Promise<void>;
  readonly remove: () => Promise<void>;
}

const PREFIX = 'talos-tui-kube-';
const PID_FILE = 'proxy.pid';
/** sun_path of Linux holds 108 bytes with its end. */
const MAX_SOCKET_PATH = 107;
const LONGEST_NAME = 'api-999999';

/** Also ends what a killed console has left behind. @throws ConfigurationError */
export async function makeProxyDirectory(env: Environment): Promise<ProxyDirectory> {
  const base = await baseDirectory(env);
  await reapOrphans(base);
  const path = await make(base);
  let sockets = 0;
  if (Buffer.byteLength(join(path, LONGEST_NAME)) > MAX_SOCKET_PATH) {
    await rm(path, { recursive: true, force: true });
    throw new ConfigurationError(
      `The path ${path} is too long for a socket.`,
      'Set TMPDIR to a directory with a shorter path.',
    );
  }
  return {
    path,
    nextSocketPath() {
      sockets += 1;
      return join(path, `api-${sockets}`);
    },
    notePid: (pid) => writeFile(join(path, PID_FILE), `${pid}\n`, { mode: 0o600 }),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

async function baseDirectory({ XDG_RUNTIME_DIR: runtime }: Environment): Promise<string> {
  if (!runtime) return tmpdir();
  const isDirectory = await stat(runtime).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? runtime : tmpdir();
}

async function make(base: string): Promise<string> {
  try {
    // mkdtemp makes it 0700.
    return await mkdtemp(join(base, `${PREFIX}${process.pid}-`));
  } catch (cause) {
    throw new ConfigurationError(
      `No temporary directory can be made in ${base}.`,
      'Set TMPDIR to a directory that you may write to.',
      { cause },
    );
  }
}

/** After kill -9 nobody was left to end the proxy, which goes on serving with the operator's rights. */
async function reapOrphans(base: string): Promise<void> {
  const names = await readdir(base).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(PREFIX))) {
    const owner = Number.parseInt(name.slice(PREFIX.length), 10);
    if (!Number.isInteger(owner) || isAlive(owner)) continue;
    const path = join(base, name);
    const found = await lstat(path).catch(() => null);
    if (!found?.isDirectory() || found.uid !== process.getuid?.()) continue;
    await endProxyOf(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** The pid may belong to somebody else by now: only a process that names this very directory is ended. */
async function endProxyOf(path: string): Promise<void> {
  const pid = Number.parseInt(await readFile(join(path, PID_FILE), 'utf8').catch(() => ''), 10);
  if (!Number.isInteger(pid)) return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!commandLine.includes(path)) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has just ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
