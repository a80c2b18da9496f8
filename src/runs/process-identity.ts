import { readFileSync } from 'node:fs';

/**
 * Boot id and start time of a process: pids are used again, this pair is not. Null when there is no such
 * process.
 */
export function processStartOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name in parentheses may itself hold spaces and parentheses: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const ticks = fields[19];
    // A zombie does nothing more; it only waits for its parent.
    if (ticks === undefined || state === 'Z' || state === 'X') return null;
    return `${bootId()}:${ticks}`;
  } catch {
    return null;
  }
}

export const isSameProcess = (pid: number, start: string): boolean => processStartOf(pid) === start;

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
