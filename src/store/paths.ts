import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** A path of a settings file: `~` is the home directory, a relative one starts at `base`. */
export function expandPath(path: string, base: string, homeDir: string = homedir()): string {
  if (path === '~') return homeDir;
  if (path.startsWith('~/')) return join(homeDir, path.slice(2));
  return isAbsolute(path) ? path : resolve(base, path);
}

/** For people: `~/.talos/config`. */
export const shortPath = (path: string, homeDir: string): string =>
  path.startsWith(`${homeDir}/`) ? `~${path.slice(homeDir.length)}` : path;

/** A name from outside as one path component: it never leaves its directory. */
export function asFileName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._@-]/g, '_');
  return /^\.*$/.test(safe) ? `_${safe}` : safe;
}
