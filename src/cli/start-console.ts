import { join } from 'node:path';
import { mountConsole } from './console/mount.js';
import { directories } from './directories.js';
import type { Options } from './options.js';
import { createWiring } from './wiring.js';

/** Sockets of a host that is gone must not keep the shell prompt away. */
const CLOSE_WITHIN_MS = 1_500;

/** Paints first; clients, settings and the cluster come behind the painted screen. @returns exit code */
export async function startConsole(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const late = createWiring(options, env);
  const { stateDir } = directories(options, env);
  const ended = mountConsole(late.wiring, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    logFile: join(stateDir, 'console.log'),
  });
  const connecting = import('./connect-console.js').then(({ connectConsole }) =>
    connectConsole(late, options, env),
  );
  const exitCode = await ended;
  const closed = connecting.then((connection) => connection.close());
  await Promise.race([closed, patience()]);
  return exitCode;
}

const patience = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, CLOSE_WITHIN_MS);
  });
