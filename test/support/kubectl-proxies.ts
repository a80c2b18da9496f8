import { existsSync, readFileSync } from 'node:fs';
import { childrenOf } from './pty.js';

const SOCKET = '--unix-socket=';

/** The kubectl proxies among the children of a process that serve, by pid. */
export const proxiesOf = (pid: number): readonly number[] =>
  childrenOf(pid).filter((child) =>
    argvOf(child).some((word) => word.startsWith(SOCKET) && existsSync(word.slice(SOCKET.length))),
  );

/** What waits to be reaped does nothing any more. */
export const isGone = (pid: number): boolean => argvOf(pid).length === 0;

function argvOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}
