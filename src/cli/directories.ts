import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Options } from './options.js';

const APPLICATION = 'talos-tui';

export interface Directories {
  /** Settings and cluster files. */
  readonly configDir: string;
  /** Runs, audit log, console log. */
  readonly stateDir: string;
}

/** XDG Base Directory Specification 0.8: relative values in the environment are ignored. */
export function directories(
  options: Pick<Options, 'configDir' | 'stateDir'>,
  env: NodeJS.ProcessEnv,
): Directories {
  const home = env.HOME || homedir();
  const config = absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config');
  const state = absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state');
  return {
    configDir: options.configDir === null ? join(config, APPLICATION) : resolve(options.configDir),
    stateDir: options.stateDir === null ? join(state, APPLICATION) : resolve(options.stateDir),
  };
}

const absolute = (path: string | undefined): string | null =>
  path !== undefined && isAbsolute(path) ? path : null;
